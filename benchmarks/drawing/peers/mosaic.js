// Stands in for a library that embedding-atlas imports and its EmbeddingView does not use.
export const coordinator = () => undefined;
export const isSelection = () => false;
export const makeClient = () => undefined;

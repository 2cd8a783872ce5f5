// WebGL2 in small steps: programs, buffers, textures, and a frame to draw into aside.

let spare = null;
const programs = new WeakMap(); // context → its programs by what they are made from: they last as long as it does

/** The context of a canvas, or null where a browser has no WebGL2. */
export function context(canvas) {
  return canvas.getContext("webgl2", { alpha: true, antialias: false, depth: false, premultipliedAlpha: true });
}

/** A canvas that maps are drawn on, one after the other; `leave` it at the end. */
export function canvas() {
  const made = spare && !spare.gl.isContextLost() ? spare.made : document.createElement("canvas");
  spare = null;
  return made;
}

/** Keep one canvas for the next map, since a context takes a tenth of a second to make; a browser allows some sixteen. */
export function leave(made, gl) {
  if (spare || gl.isContextLost()) {
    gl.getExtension("WEBGL_lose_context")?.loseContext();
    return;
  }
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.clearColor(0, 0, 0, 0);
  gl.clear(gl.COLOR_BUFFER_BIT);
  spare = { made, gl };
}

/** What a lost context had is gone. */
export function forget(gl) {
  programs.delete(gl);
}

export function program(gl, source) {
  if (!programs.has(gl)) programs.set(gl, new Map());
  const known = programs.get(gl);
  if (!known.has(source)) known.set(source, linked(gl, source));
  return known.get(source);
}

function linked(gl, { vertex, fragment }) {
  const made = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
    gl.deleteShader(shader); // with the program
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) {
    const said = gl.getAttachedShaders(made).map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`A shader was refused: ${[gl.getProgramInfoLog(made), ...said].filter(Boolean).join(" ")}`);
  }
  const uniforms = {};
  const count = gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS) ?? 0;
  for (let at = 0; at < count; at += 1) {
    const { name } = gl.getActiveUniform(made, at);
    uniforms[name] = gl.getUniformLocation(made, name);
  }
  return { made, uniforms };
}

export function texture(gl, filter) {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, filter);
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
  return made;
}

/** A picture of its own to draw into. `camera` says what part of the map is on it, null while nothing is. */
export class Frame {
  constructor(gl) {
    this.gl = gl;
    this.texture = texture(gl, gl.LINEAR);
    this.buffer = gl.createFramebuffer();
    [this.width, this.height, this.camera] = [0, 0, null];
  }

  resize(width, height) {
    if (width === this.width && height === this.height) return;
    const { gl } = this;
    [this.width, this.height, this.camera] = [width, height, null];
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.buffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.texture, 0);
  }

  clear() {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.buffer);
    gl.viewport(0, 0, this.width, this.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  delete() {
    this.gl.deleteFramebuffer(this.buffer);
    this.gl.deleteTexture(this.texture);
  }
}

// A gallery as a Streamlit component of its own.

const views = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  if (!views.has(parentElement)) views.set(parentElement, gallery(parentElement));
  views.get(parentElement).update(data, (id) => setTriggerValue("opened", id));
  return () => views.delete(parentElement);
}

function gallery(root) {
  return new Gallery(root.querySelector(".gallery"), root.querySelector(".tile-of-gallery"));
}

// Streamlit's side of the map: it fetches the modules from our own route and hands them what the page says.

const maps = new WeakMap();

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  let map = maps.get(parentElement);
  if (!map) {
    const root = parentElement.querySelector("[data-kindred-map]");
    const tell = {
      selected: (hash) => map.set.trigger("selected", { hash }),
      opened: (id) => map.set.trigger("opened", { id }),
      view: (view) => map.set.state("view", view),
    };
    map = { coming: import(new URL(data.module, location.href).href).then(({ KindredMap }) => new KindredMap(root, tell)) };
    map.coming.catch((error) => (root.textContent = `The map could not be loaded. Reload the page. (${error.message})`));
    maps.set(parentElement, map);
  }
  map.set = { trigger: setTriggerValue, state: setStateValue };
  map.coming.then((made) => made.update(data).catch((error) => made.say(`The map could not be drawn. (${error.message})`)));
  return () => {
    maps.delete(parentElement);
    map.coming.then((made) => made.end());
  };
}

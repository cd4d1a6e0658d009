/* What JupyterLab's loader asks of a federated extension, by hand: a container with `init` and `get`.
 *
 * The sources are ES modules that the browser reads as they stand, so that what is reviewed is what runs and no build
 * or package registry is needed. Shared packages (lumino's widgets, the application's tokens) come from JupyterLab's
 * own share scope: one copy of each.
 */
(() => {
  const here = document.currentScript.src;
  let scope = {};

  /** Return a package of JupyterLab's, the one copy that it runs itself. */
  const shared = async name => (await Object.values(scope[name])[0].get())();

  const extension = async () => {
    const [widgets, application, translation, { plugin }] = await Promise.all([
      shared('@lumino/widgets'),
      shared('@jupyterlab/application'),
      shared('@jupyterlab/translation'),
      import(new URL('plugin.js', here).href)
    ]);
    const module = { default: plugin(widgets, application, translation) };
    Object.defineProperty(module, '__esModule', { value: true });
    return () => module;
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB['@bureau/panel'] = {
    init: given => {
      scope = given;
    },
    get: () => extension()
  };
})();

/* The plugin: a panel at the right, opened from the side bar or by a command. */
import { DeskPanel } from './panel.js';
import { words } from './words.js';

/** Return the plugin, made of JupyterLab's own parts. */
export function plugin({ Widget }, { ILabShell }, { ITranslator }) {
  return {
    id: '@bureau/panel:plugin',
    description: 'The export desk beside the notebook.',
    autoStart: true,
    requires: [ILabShell],
    optional: [ITranslator],
    activate: (app, shell, translator) => {
      const language = String(translator?.languageCode ?? 'fr').startsWith('en') ? 'en' : 'fr';
      const say = words(language);
      const widget = new Widget();
      widget.id = 'bureau-desk-panel';
      widget.title.label = say.tab;
      widget.title.caption = say.title;
      widget.addClass('bureau-desk');
      const panel = new DeskPanel(widget.node, app.serviceManager.contents, say, language);
      app.commands.addCommand('bureau:desk', {
        label: say.title,
        execute: () => {
          shell.activateById(widget.id);
          return panel.list();
        }
      });
      shell.add(widget, 'right', { rank: 400 });
      app.restored.then(() => panel.list());
    }
  };
}

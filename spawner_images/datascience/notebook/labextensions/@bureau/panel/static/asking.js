/* How the panel asks: through the same two folders as a kernel, by way of the workspace's own contents API.
 *
 * Each write passes the gateway and is recorded as any write of a file is.
 */
const ROOT = 'prive/.bureau';
const ASKS = `${ROOT}/sas/asks`;
const ANSWERS = `${ROOT}/sas/answers`;
/** Milliseconds between two looks, and the most that are waited. */
const EVERY = 800;
const PATIENCE = 240_000;

const hex = () => [...crypto.getRandomValues(new Uint8Array(16))].map(each => each.toString(16).padStart(2, '0')).join('');
const wait = time => new Promise(resolve => setTimeout(resolve, time));

/** Nobody answered. */
export class Silence extends Error {}

/** Ask for `verb` on files of the project folder and return the answer; throws Silence after four minutes. */
export async function ask(contents, verb, files, mend = null) {
  for (const folder of [ROOT, `${ROOT}/sas`, ASKS, ANSWERS]) {
    await contents.save(folder, { type: 'directory' });
  }
  const id = hex();
  const content = JSON.stringify({ version: 1, verb, place: 'project', files, mend });
  // The server looks at a file again after it has written it, and it writes in place: an ask that the desk may take at
  // any moment is therefore called whole by a folder beside it, which nobody takes.
  await contents.save(`${ASKS}/${id}.part`, { type: 'file', format: 'text', content });
  const ready = `${ASKS}/${id}.ready`;
  await contents.save(ready, { type: 'directory' });
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    await wait(EVERY);
    const said = (await names(contents, ANSWERS)).includes(`${id}.json`)
      ? await read(contents, `${ANSWERS}/${id}.json`)
      : null;
    if (said !== null && said.endsWith('\n')) {
      for (const each of [ready, `${ANSWERS}/${id}.json`]) {
        contents.delete(each).catch(() => undefined);
      }
      return JSON.parse(said);
    }
  }
  throw new Silence();
}

/** Return the names in a folder: asking for a file that is not there yet would fill the console with errors. */
async function names(contents, folder) {
  return (await contents.get(folder, { content: true })).content.map(each => each.name);
}

/** Return a file's text, null when it is not there. */
export async function read(contents, path) {
  try {
    return (await contents.get(path, { type: 'file', format: 'text', content: true })).content;
  } catch {
    return null;
  }
}

/** Return the files of projet/exports, the descriptions of tables left out; null when the folder can't be read. */
export async function exported(contents) {
  try {
    if (!(await names(contents, 'projet')).includes('exports')) {
      return [];
    }
    const folder = await contents.get('projet/exports', { content: true });
    return folder.content
      .filter(each => each.type !== 'directory' && !each.name.endsWith('.table.json'))
      .map(each => each.name)
      .sort((one, other) => one.localeCompare(other));
  } catch {
    return null;
  }
}

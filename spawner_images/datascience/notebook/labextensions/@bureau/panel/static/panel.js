/* The panel: the files that may leave, what the desk says of each, what mends it, and the page where one submits. */
import { ask, exported, read, Silence } from './asking.js';
import { excerpt } from './excerpt.js';
import { STYLE } from './style.js';

const FOLDER = 'exports';
/** Files that the desk takes in one ask. */
const MOST_FILES = 20;

/** Make an element with a class and a text. */
function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text ?? '';
  return made;
}

/** Make a button. */
function button(text, act) {
  const made = element('button', 'bureau-button', text);
  made.type = 'button';
  made.addEventListener('click', act);
  return made;
}

export class DeskPanel {
  constructor(node, contents, say, language) {
    this.contents = contents;
    this.say = say;
    this.place = language === 'en' ? 1 : 0;
    this.answers = new Map();
    node.lang = language;
    node.append(element('style', '', STYLE), element('h2', '', say.title), element('p', '', say.lead));
    const acts = element('div', 'bureau-acts');
    this.all = button(say.checkAll, () => this.check(this.names));
    acts.append(this.all, button(say.refresh, () => this.list()));
    this.status = element('p', 'bureau-status');
    this.status.setAttribute('role', 'status');
    this.rules = element('details', 'bureau-rules');
    this.rules.hidden = true;
    this.files = element('ul', 'bureau-files');
    node.append(acts, this.status, this.rules, this.files);
    this.names = [];
  }

  /** Show the files that are there. */
  async list() {
    const names = await exported(this.contents);
    this.names = names ?? [];
    this.all.disabled = this.names.length === 0;
    this.status.textContent = names === null ? this.say.unreadable : this.names.length === 0 ? this.say.empty : '';
    this.files.replaceChildren(...this.names.map(name => this.file(name)));
  }

  /** Have files judged together, as one request. */
  async check(names) {
    const answer = await this.asked(this.say.working, 'check', names.slice(0, MOST_FILES));
    if (answer === null) {
      return;
    }
    this.tell(answer.policy);
    for (const each of answer.files) {
      const name = each.name.slice(FOLDER.length + 1);
      const table = name.endsWith('.csv') ? await read(this.contents, `projet/${each.name}`) : null;
      this.answers.set(name, { ...each, submit: answer.submit, table });
    }
    await this.list();
    this.status.textContent = names.length > MOST_FILES ? this.say.first(MOST_FILES) : this.say.done;
  }

  /** Show the rules that hold: the first one, the others below it, and the text they follow. */
  tell(policy) {
    const all = element('ul', '');
    all.append(...policy.sentences.slice(1).map(each => element('li', '', each[this.place])));
    const first = element('summary', '', this.say.rules(policy.min_persons));
    this.rules.replaceChildren(first, all, element('p', '', policy.source));
    this.rules.hidden = false;
  }

  /** Mend one file, then have what it gave judged. */
  async mend(name, mend) {
    const answer = await this.asked(this.say.mending, 'mend', [name], mend);
    if (answer === null) {
      return;
    }
    await this.check([answer.path.slice(FOLDER.length + 1)]);
    this.status.textContent = `${this.say.mended}${answer.path}. ${answer.note[this.place]}`;
  }

  /** Ask, tell the person what goes on, and return the answer, null when it is a refusal. */
  async asked(doing, verb, names, mend = null) {
    this.status.textContent = doing;
    this.files.inert = true;
    try {
      const paths = names.map(name => `${FOLDER}/${name}`);
      const answer = await ask(this.contents, verb, paths, mend);
      if (answer.ok) {
        return answer;
      }
      const said = [answer.error, ...(answer.reasons ?? [])];
      this.status.textContent = said.map(each => each[this.place]).join(' ');
    } catch (error) {
      this.status.textContent = error instanceof Silence ? this.say.silent : String(error.message ?? error);
    } finally {
      this.files.inert = false;
    }
    return null;
  }

  /** Draw one file. */
  file(name) {
    const item = element('li', 'bureau-file');
    const answer = this.answers.get(name);
    item.append(element('h3', '', name));
    const acts = element('div', 'bureau-acts');
    if (answer) {
      item.append(element('p', `bureau-verdict bureau-${answer.verdict}`, this.say.verdicts[answer.verdict]));
    }
    acts.append(button(this.say.check, () => this.check([name])));
    if (answer && answer.verdict !== 'block') {
      acts.append(this.link(answer.submit));
    }
    item.append(acts);
    if (answer) {
      item.append(...this.details(name, answer));
    }
    return item;
  }

  /** Draw why, the marked cells, and what helps. */
  *details(name, { findings, mends, table }) {
    const list = element('ul', 'bureau-findings');
    for (const each of findings) {
      const said = element('li', '', '');
      const where = each.where === '' ? '' : ` · ${each.where}`;
      said.append(
        element('strong', `bureau-${each.severity}`, `${this.say.verdicts[each.severity]}${where}`),
        element('span', '', ` ${each.message[this.place]}`)
      );
      list.append(said);
    }
    yield list;
    if (mends.length > 0) {
      yield element('p', '', this.say.helps);
      const acts = element('div', 'bureau-acts');
      acts.append(...mends.map(({ mend, label }) => button(label[this.place], () => this.mend(name, mend))));
      yield acts;
    }
    if (table !== null && findings.some(each => each.mark !== null)) {
      yield excerpt(table, findings, this.say.excerpt);
    }
  }

  /** Draw the link to the portal's page. What answers may have been forged in the workspace: no other site is opened. */
  link(address) {
    const made = element('a', 'bureau-button bureau-submit', this.say.submit);
    made.href = ofThisPlatform(address) ? address : '#';
    made.target = '_blank';
    made.rel = 'noopener noreferrer';
    return made;
  }
}

/** Whether an address is on the platform that this workspace belongs to: the same host, or the one above it. */
function ofThisPlatform(address) {
  const { protocol, host } = new URL(address, location.href);
  return protocol === location.protocol && (host === location.host || location.host.endsWith(`.${host}`));
}

/* The first lines of a table with the cells that findings name marked. */
const MOST = 60;

/** Read CSV with commas or semicolons and doubled quotes. */
export function lines(text) {
  const separator = (text.split('\n', 1)[0].match(/;/g) ?? []).length > 0 ? ';' : ',';
  const rows = [[]];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length && rows.length <= MOST; at += 1) {
    const sign = text[at];
    if (quoted && sign === '"' && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (sign === '"') {
      quoted = !quoted;
    } else if (!quoted && sign === separator) {
      rows.at(-1).push(cell);
      cell = '';
    } else if (!quoted && sign === '\n') {
      rows.at(-1).push(cell.replace(/\r$/, ''));
      rows.push([]);
      cell = '';
    } else {
      cell += sign;
    }
  }
  if (cell !== '' || rows.at(-1).length > 0) {
    rows.at(-1).push(cell);
  }
  return rows.filter(row => row.length > 0);
}

/** Return the severity of a cell: line of the file from 1, column from 0. */
export function severityOf(findings, header, line, column) {
  const here = findings.filter(({ mark }) => {
    if (mark === null || mark.line !== line) {
      return false;
    }
    const named = mark.name === null ? (mark.number === null ? -1 : mark.number - 1) : header.indexOf(mark.name);
    return named === -1 || named === column;
  });
  return ['block', 'flag'].find(severity => here.some(each => each.severity === severity));
}

/** Draw the table. */
export function excerpt(text, findings, caption) {
  const [header, ...rows] = lines(text);
  const table = document.createElement('table');
  table.createCaption().textContent = caption;
  const head = table.createTHead().insertRow();
  for (const name of header ?? []) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = name;
    head.append(cell);
  }
  const body = table.createTBody();
  rows.forEach((row, number) => {
    const line = body.insertRow();
    row.forEach((text_, column) => {
      const cell = line.insertCell();
      const severity = severityOf(findings, header, number + 2, column);
      cell.textContent = severity ? `▲ ${text_}` : text_;
      cell.className = severity ? `bureau-${severity}` : '';
    });
  });
  return table;
}

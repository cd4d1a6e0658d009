/* What the panel says, in both languages; the findings come in both from the desk. */
const FR = {
  tab: "Sas d'export",
  title: "Sas d'export : contrôler avant de soumettre",
  lead: 'Fichiers du dossier projet/exports. Rien ne part d’ici : la demande se dépose dans le portail.',
  refresh: 'Actualiser',
  checkAll: 'Contrôler tout',
  check: 'Contrôler',
  submit: 'Soumettre',
  empty: 'Aucun fichier dans projet/exports. Écrivez-y vos résultats, ou utilisez bureau.check(df).save().',
  working: 'Contrôle en cours…',
  mending: 'Correction en cours…',
  done: 'Contrôle terminé.',
  first: most => `Les ${most} premiers fichiers ont été contrôlés ; contrôlez les autres un à un.`,
  mended: 'Fichier corrigé : ',
  silent: 'Le sas n’a pas répondu : réessayez. Sans réponse, rien ne dit que le fichier peut sortir.',
  unreadable: 'Le dossier projet/exports est illisible.',
  helps: 'Ce qui peut aider',
  excerpt: 'Extrait, cases en cause marquées',
  rules: least => `Règles de ce projet : au moins ${least} personnes par case, et…`,
  verdicts: { block: 'Bloqué', flag: 'À examiner', pass: 'Rien à redire', info: 'Information' }
};

const EN = {
  tab: 'Export desk',
  title: 'Export desk: check before you submit',
  lead: 'Files of the folder projet/exports. Nothing leaves from here: requests are submitted in the portal.',
  refresh: 'Refresh',
  checkAll: 'Check all',
  check: 'Check',
  submit: 'Submit',
  empty: 'No file in projet/exports. Write your results there, or use bureau.check(df).save().',
  working: 'Checking…',
  mending: 'Mending…',
  done: 'Checked.',
  first: most => `The first ${most} files were checked; check the others one by one.`,
  mended: 'Mended file: ',
  silent: 'The desk did not answer: try again. Without an answer nothing says that the file may leave.',
  unreadable: 'The folder projet/exports can’t be read.',
  helps: 'What may help',
  excerpt: 'Excerpt, the cells concerned marked',
  rules: least => `Rules of this project: at least ${least} persons in a cell, and…`,
  verdicts: { block: 'Blocked', flag: 'To be judged', pass: 'No objection', info: 'Information' }
};

export const words = language => (language === 'en' ? EN : FR);

// @ts-check
// The sign-in form of the staff pages: signs in and loads the page that was asked for.

import { Problem, request, sentence } from './api.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('sign-in'));
const error = /** @type {HTMLElement} */ (document.getElementById('sign-in-error'));
const [name, password] = ['name', 'password'].map((id) => /** @type {HTMLInputElement} */ (document.getElementById(id)));
const button = /** @type {HTMLButtonElement} */ (form.querySelector('button[type=submit]'));

/** @param {string} text @param {HTMLInputElement} field */
function refuse(text, field) {
  error.textContent = text;
  error.hidden = false;
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', error.id);
  field.focus();
}

form.noValidate = true; // the script says it better
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  for (const field of [name, password]) {
    field.removeAttribute('aria-invalid');
    field.removeAttribute('aria-describedby');
  }
  error.hidden = true;
  if (name.value.trim() === '') return refuse('Enter your name.', name);
  if (password.value === '') return refuse('Enter your password.', password);
  button.disabled = true;
  try {
    await request('POST', '/session', { name: name.value.trim(), password: password.value });
    location.reload();
  } catch (problem) {
    button.disabled = false;
    const wrong = problem instanceof Problem && problem.status === 401;
    refuse(wrong ? 'That name and password do not go together.' : sentence(problem), password);
    password.select();
  }
});

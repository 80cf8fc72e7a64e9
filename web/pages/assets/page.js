// Comforts of the hosted pages. Every page works without this file.
(() => {
  'use strict';

  // Show and hide a password. The button has its place in the field already, so that nothing moves.
  for (const button of document.querySelectorAll('.reveal')) {
    const input = document.getElementById(button.getAttribute('aria-controls'));
    const words = [button.textContent, button.dataset.shown];
    const show = (shown) => {
      input.type = shown ? 'text' : 'password';
      button.textContent = words[+shown];
      button.setAttribute('aria-pressed', shown);
    };
    button.hidden = false;
    button.addEventListener('click', () => show(input.type === 'password'));
    // A password manager is to see a password field.
    input.form.addEventListener('submit', () => show(false));
  }

  // The length rule of a new password is ticked off while typing.
  for (const hint of document.querySelectorAll('[data-minimum]')) {
    const input = document.getElementById(hint.id.replace(/-hint$/, ''));
    const check = () => hint.classList.toggle('met', [...input.value].length >= +hint.dataset.minimum);
    input.addEventListener('input', check);
    check();
  }

  // This server, and no other, rates a new password while it is typed.
  for (const box of document.querySelectorAll('.strength')) {
    const input = document.getElementById(box.dataset.input);
    const [meter, words] = box.children;
    let timer, asked;
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        if (asked) asked.abort();
        asked = new AbortController();
        box.hidden = !input.value;
        const body = new URLSearchParams({ password: input.value, ui_locales: document.documentElement.lang });
        for (const name of ['name', 'email', 'username'])
          if (input.form[name]) body.set(name, input.form[name].value);
        try {
          const answer = await fetch(box.dataset.address, { method: 'POST', body, signal: asked.signal });
          const { score, label, advice } = await answer.json();
          meter.value = score + 1;
          words.textContent = advice ? `${label}. ${advice}` : label;
        } catch {}
      }, 300);
    });
  }

  // Errors beside the field, in the page's language, without a round trip. The server checks all of it again.
  const complain = (input, words) => {
    const field = input.closest('.field');
    let error = field.querySelector('.error span');
    if (!error) {
      const line = document.createElement('p');
      line.className = 'error';
      line.id = input.id + '-error';
      error = line.appendChild(document.createElement('span'));
      field.querySelector('.control').after(line);
    }
    error.textContent = words;
    field.classList.add('invalid');
    input.setAttribute('aria-invalid', 'true');
    const described = (input.getAttribute('aria-describedby') || '').split(' ').filter(Boolean);
    if (!described.includes(input.id + '-error'))
      input.setAttribute('aria-describedby', [input.id + '-error', ...described].join(' '));
  };
  for (const form of document.querySelectorAll('form')) {
    form.noValidate = true;
    form.addEventListener('submit', (event) => {
      // A second press of the button sends nothing.
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      if (!(event.submitter && event.submitter.formNoValidate)) {
        let first;
        for (const input of form.querySelectorAll('input[data-missing]')) {
          const words = input.validity.valueMissing ? input.dataset.missing
            : input.validity.typeMismatch ? input.dataset.mismatch : '';
          if (words) {
            complain(input, words);
            first = first || input;
          }
        }
        if (first) {
          event.preventDefault();
          first.focus();
          return;
        }
      }
      // A file comes in answer: the page stays as it is.
      if (event.submitter && 'downloads' in event.submitter.dataset) return;
      form.dataset.sent = '1';
      if (event.submitter) event.submitter.setAttribute('aria-busy', 'true');
    });
  }
  // Back from the next page: everything can be sent again.
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form')) delete form.dataset.sent;
    for (const busy of document.querySelectorAll('[aria-busy]')) busy.removeAttribute('aria-busy');
  });

  // Passkeys (Web Authentication). The server makes the options and verifies the answer; bytes travel as base64url.
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const toOptions = (options) => {
    const withBytes = (credential) => ({ ...credential, id: toBytes(credential.id) });
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user = withBytes(options.user);
    for (const list of ['excludeCredentials', 'allowCredentials'])
      if (options[list]) options[list] = options[list].map(withBytes);
    return options;
  };
  const toAnswer = (credential) => {
    const response = {};
    for (const part of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'])
      if (credential.response[part]) response[part] = toText(credential.response[part]);
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return JSON.stringify({
      id: credential.id, rawId: toText(credential.rawId), type: credential.type, response,
      authenticatorAttachment: credential.authenticatorAttachment || undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  };
  for (const box of document.querySelectorAll('.passkey')) {
    if (!window.PublicKeyCredential) continue;
    if (box.dataset.ceremony === 'signal') {
      const told = JSON.parse(box.dataset.options);
      if (PublicKeyCredential.signalAllAcceptedCredentials)
        PublicKeyCredential.signalAllAcceptedCredentials(told).catch(() => {});
      if (PublicKeyCredential.signalCurrentUserDetails)
        PublicKeyCredential.signalCurrentUserDetails(told).catch(() => {});
      continue;
    }
    const [answer, error, button] = ['input', '.error', 'button'].map((part) => box.querySelector(part));
    let waiting;
    const ask = async (more) => {
      if (waiting) waiting.abort();
      const mine = waiting = new AbortController();
      const publicKey = toOptions(JSON.parse(box.dataset.options));
      const credential = await navigator.credentials[box.dataset.ceremony]({ publicKey, signal: mine.signal, ...more });
      answer.value = toAnswer(credential);
      answer.form.submit();
    };
    const offer = async () => {
      if (!('autofills' in box.dataset) || !PublicKeyCredential.isConditionalMediationAvailable) return;
      if (await PublicKeyCredential.isConditionalMediationAvailable())
        await ask({ mediation: 'conditional' }).catch(() => {});
    };
    button.addEventListener('click', async () => {
      error.hidden = true;
      const unasked = answer.form.querySelector('[name=unasked]');
      if (unasked) unasked.value = '';
      button.setAttribute('aria-busy', 'true');
      try {
        await ask({});
      } catch (failure) {
        button.removeAttribute('aria-busy');
        error.hidden = false;
        offer();
      }
    });
    box.hidden = false;
    offer();
    // Where the browser makes one without asking, because a password was just filled in by it (conditional creation).
    if ('unasked' in box.dataset && PublicKeyCredential.getClientCapabilities)
      PublicKeyCredential.getClientCapabilities().then(async (can) => {
        if (!can.conditionalCreate) return;
        const unasked = answer.form.querySelector('[name=unasked]');
        if (unasked) unasked.value = '1';
        await ask({ mediation: 'conditional' }).catch(() => { if (unasked) unasked.value = ''; });
      }).catch(() => {});
    // Enter in the field of a page that creates one is a press of its button.
    if (box.dataset.ceremony === 'create')
      answer.form.addEventListener('submit', (event) => {
        if (answer.value || (event.submitter && event.submitter.formNoValidate)) return;
        event.preventDefault();
        button.click();
      });
  }

  // A device that can make passkeys says so with the password: its owner may be offered one.
  for (const here of document.querySelectorAll('input[name=passkey_here]')) {
    if (!window.PublicKeyCredential || !PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable) continue;
    PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()
      .then((can) => { here.value = can ? '1' : ''; }).catch(() => {});
  }

  // A page that waits for an answer from elsewhere (a device that approves): it is told by server-sent events, looks
  // itself where these do not come through, and sends its form when there is an answer.
  for (const box of document.querySelectorAll('[data-waits]')) {
    const form = box.parentElement.querySelector('form');
    let over = false;
    const hear = (state) => {
      if (over || state === 'waiting') return;
      over = true;
      form.submit();
    };
    const poll = async () => {
      try { hear((await (await fetch(box.dataset.waits)).json()).state); } catch (failure) { /* the next time */ }
      if (!over) setTimeout(poll, 3000);
    };
    box.hidden = false;
    if (!window.EventSource) { poll(); continue; }
    const stream = new EventSource(box.dataset.waits + '/events');
    let failures = 0;
    stream.addEventListener('state', (event) => {
      failures = 0;
      hear(event.data);
      if (over) stream.close();
    });
    stream.addEventListener('error', () => {
      if (stream.readyState !== EventSource.CLOSED && ++failures < 5) return;
      stream.close();
      poll();
    });
  }

  for (const button of document.querySelectorAll('.copy')) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener('click', async () => {
      const lines = [...button.parentElement.querySelectorAll('code')].map((code) => code.textContent);
      await navigator.clipboard.writeText(lines.join('\n'));
      button.textContent = button.dataset.copied;
    });
  }
})();

// The page of a device that approves sign-ins. Its key pair is made here, cannot be taken out (WebCrypto, not
// extractable) and is kept in IndexedDB; what it signs is what credentials/push_requests.hpp says.
(() => {
  'use strict';
  const app = document.querySelector('.push-app');
  if (!app || !window.crypto || !crypto.subtle || !window.indexedDB) return;
  const base = app.dataset.base;
  const api = base.replace(/\/push$/, '/api/v1/push');
  const manifest = document.createElement('link');
  manifest.rel = 'manifest';
  manifest.href = base + '/manifest.webmanifest';
  document.head.append(manifest);
  const views = [...app.querySelectorAll('[data-view]')];
  const show = (name) => views.forEach((view) => { view.hidden = view.dataset.view !== name; });
  const on = (name, doing) => app.querySelectorAll(`[data-do=${name}]`).forEach((button) =>
    button.addEventListener('click', async () => {
      button.disabled = true;
      try { await doing(); } catch (failure) { show('failed'); } finally { button.disabled = false; }
    }));
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));

  const store = (mode, doing) => new Promise((resolve, reject) => {
    const opening = indexedDB.open('gatehouse-push', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('devices');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const request = doing(opening.result.transaction('devices', mode).objectStore('devices'));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    };
  });
  const load = () => store('readonly', (devices) => devices.get(base));
  const save = (device) => store('readwrite', (devices) => devices.put(device, base));
  const forget = () => store('readwrite', (devices) => devices.delete(base));

  const sign = async (device, lines) => toText(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' },
    device.keys.privateKey, new TextEncoder().encode(lines.join('\n'))));
  const post = async (path, body) => {
    const response = await fetch(api + path, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    return { status: response.status, body: response.status === 204 ? {} : await response.json() };
  };
  const stamped = async (device, kind, more = []) => {
    const time = Math.floor(Date.now() / 1000);
    return { device: device.handle, time, signature: await sign(device, [kind, device.issuer, device.handle, time, ...more]) };
  };

  // Where the browser can be reached. Nothing without a push service, or without the person's leave.
  const subscribe = async (serverKey) => {
    if (!navigator.serviceWorker || !window.PushManager || !window.Notification) return null;
    const registration = await navigator.serviceWorker.register(base + '/worker.js', { scope: base });
    if (Notification.permission !== 'granted' && (await Notification.requestPermission()) !== 'granted') return null;
    const ready = await navigator.serviceWorker.ready;
    const subscription = await ready.pushManager.subscribe(
      { userVisibleOnly: true, applicationServerKey: toBytes(serverKey) });
    return registration && subscription.toJSON();
  };

  let current;
  const look = async () => {
    const device = await load();
    if (!device) return show('none');
    const { status, body } = await post('/requests', await stamped(device, 'gatehouse-push-list'));
    if (status === 404) {
      await forget();
      return show('none');
    }
    if (status !== 200) return show('failed');
    current = body.requests[0];
    if (!current) return show('ready');
    for (const fact of app.querySelectorAll('[data-fact]')) fact.textContent = current[fact.dataset.fact];
    app.querySelector('#push-number').value = '';
    show('ask');
    app.querySelector('#push-number').focus();
  };

  const enrol = async () => {
    const invitation = location.hash.slice(1);
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    const about = await (await fetch(api + '/key')).json();
    let subscription = null;
    try { subscription = await subscribe(about.key); } catch (failure) { subscription = null; }
    const jwk = await crypto.subtle.exportKey('jwk', keys.publicKey);
    const { status, body } = await post('/devices', {
      invitation, name: app.querySelector('#push-name').value.trim(),
      key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y },
      ...(subscription ? { subscription: { endpoint: subscription.endpoint, keys: subscription.keys } } : {}),
      signature: await sign({ keys }, ['gatehouse-push-device', invitation]),
    });
    if (status !== 201) return show('failed');
    await save({ handle: body.device, issuer: body.issuer, keys });
    history.replaceState(null, '', base);
    await look();
  };

  const answer = async (decision) => {
    const device = await load();
    const number = decision === 'approve' ? app.querySelector('#push-number').value.trim() : '';
    if (decision === 'approve' && !/^[0-9]{2}$/.test(number)) return app.querySelector('#push-number').focus();
    const lines = ['gatehouse-push', decision, current.challenge, ...(decision === 'approve' ? [number] : [])];
    const { status, body } = await post('/answers', {
      device: device.handle, request: current.id, decision, number, signature: await sign(device, lines),
    });
    if (status === 200) return show(body.state);
    show(body.code === 'push_number_wrong' ? 'wrong' : status === 410 ? 'over' : 'failed');
  };

  on('enrol', enrol);
  on('look', look);
  for (const decision of ['approve', 'deny', 'report']) on(decision, () => answer(decision));
  app.querySelector('#push-number').addEventListener('keydown', (event) => {
    if (event.key === 'Enter') answer('approve').catch(() => show('failed'));
  });
  // A message of the push service, or the person coming back to the page.
  if (navigator.serviceWorker) navigator.serviceWorker.addEventListener('message', () => look().catch(() => {}));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && !location.hash) look().catch(() => {});
  });

  if (location.hash.length > 40) show('enrol');
  else look().catch(() => show('failed'));
  // For devices that no push service reaches.
  setInterval(() => {
    if (document.visibilityState === 'visible' && !app.querySelector('[data-view=ready]').hidden) look().catch(() => {});
  }, 4000);
})();

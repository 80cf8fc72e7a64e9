// The service worker of a device that approves sign-ins: shows that somebody asks, and opens the page.
'use strict';
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('push', (event) => {
  const about = event.data ? event.data.json() : {};
  event.waitUntil((async () => {
    await registration.showNotification(about.application || '', {
      body: [about.browser, about.place].filter(Boolean).join('\n'), tag: 'gatehouse-push', requireInteraction: true,
    });
    for (const client of await clients.matchAll({ type: 'window' })) client.postMessage('look');
  })());
});
addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const open = await clients.matchAll({ type: 'window' });
    if (open.length) return open[0].focus();
    return clients.openWindow(registration.scope);
  })());
});

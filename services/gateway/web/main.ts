import { App } from './app.ts';

const [, named] = /^\/experiments\/([^/]+)\/?$/.exec(window.location.pathname) ?? [];
const element = document.getElementById('page');
if (element !== null) new App(element, named && decodeURIComponent(named)).start();

import Koa from 'koa';
import { listen } from '#http/server';

// Koa alone, answering one text of so many bytes: what a GET is measured against.
const bytes = Number(process.argv[2]);
const body = `"${'x'.repeat(bytes - 2)}"`;
const app = new Koa();
app.use((context) => {
  context.body = body;
  context.set('Content-Type', 'application/json');
});
const { url } = await listen(app, { host: '127.0.0.1', port: 0 });
process.stdout.write(`at ${url}\n`);

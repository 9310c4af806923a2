import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '#flow/free-ports';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const BINARY = '/usr/sbin/nginx';

/** A web server that a test started. */
export interface TestNginx extends AsyncDisposable {
  /** Where the folder is served, with a slash at the end. */
  readonly url: string;
  /**
   * What it was asked: method, path, status, Range, If-None-Match and Authorization, one line each. Waits until there are that
   * many: it writes them after it has answered.
   */
  log(linesMin: number): Promise<string[]>;
}

/** Starts nginx on a folder, with entity tags and ranges, and nothing of it outside a temporary folder. */
export async function startNginx(root: string): Promise<TestNginx> {
  if (!existsSync(BINARY)) {
    throw new Error(
      'Cannot start nginx: it is not installed (want "make setup-tests", or apt-get install nginx-light)',
    );
  }
  const folder = tempFolder();
  const [port = 0] = await freePorts(1);
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'])
    mkdirSync(join(folder.path, name));
  const access = join(folder.path, 'access.log');
  writeFileSync(
    join(folder.path, 'nginx.conf'),
    configuration({ folder: folder.path, root, port }),
  );
  const args = ['-p', folder.path, '-e', 'error.log', '-c', join(folder.path, 'nginx.conf')];
  const server = spawn(BINARY, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
  });
  const url = `http://127.0.0.1:${port}/`;
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await ended;
  };
  try {
    await eventually('nginx to answer', async () => {
      if (server.exitCode !== null)
        throw new Error(readFileSync(join(folder.path, 'error.log'), 'utf8'));
      const reply = await fetch(url, { headers: { connection: 'close' } });
      return await reply.arrayBuffer();
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const lines = (): string[] => readFileSync(access, 'utf8').split('\n').slice(0, -1);
  return {
    url,
    async log(linesMin) {
      // The first asked whether it is there, and was none of the test's.
      await eventually(`${linesMin} lines of its log`, () => lines().length > linesMin);
      return lines().slice(1);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      folder[Symbol.dispose]();
    },
  };
}

function configuration(at: { folder: string; root: string; port: number }): string {
  // As root it would read files as another account, which the folders of tests keep out.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const format = '$request_method $uri $status "$http_range" "$http_if_none_match"';
  return `
${user}
worker_processes 1;
daemon off;
pid ${at.folder}/nginx.pid;
error_log ${at.folder}/error.log;
events { worker_connections 256; }
http {
  log_format asked '${format} "$http_authorization"';
  access_log ${at.folder}/access.log asked;
  client_body_temp_path ${at.folder}/body;
  proxy_temp_path ${at.folder}/proxy;
  fastcgi_temp_path ${at.folder}/fastcgi;
  uwsgi_temp_path ${at.folder}/uwsgi;
  scgi_temp_path ${at.folder}/scgi;
  default_type application/octet-stream;
  sendfile on;
  etag on;
  server {
    listen 127.0.0.1:${at.port};
    location / { root ${at.root}; }
  }
}
`;
}

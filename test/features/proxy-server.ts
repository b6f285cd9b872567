import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { onTestFinished } from "vitest";

/** A proxy on this machine, and what was asked of it: addresses, and hosts to open a tunnel to. */
export interface ProxyServer {
  readonly url: string;
  readonly asked: string[];
}

/**
 * Opens a proxy until the test has ended.
 *
 * @param tunnelTo port on this machine where tunnels lead to, whatever host was asked for; without it they are
 * refused
 */
export async function openProxy(tunnelTo?: number): Promise<ProxyServer> {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(incoming.url!);
    const onward = request(incoming.url!, { headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy()).end();
  });
  server.on("connect", ({ url }, socket) => {
    asked.push(url!);
    if (tunnelTo === undefined) {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const onward = connect(tunnelTo, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) {
      end.on("error", () => {}).on("close", () => [socket, onward].map((one) => one.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

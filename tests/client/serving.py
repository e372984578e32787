"""A fake host on a real socket, over TLS, for the command line."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.client.hosts import FakeHost


@contextmanager
def served(host: FakeHost, context: ssl.SSLContext) -> Iterator[str]:
    """The URL at which a host answers while the block runs. ``host.instead`` may block: each call has its thread."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    ports: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *fields = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in fields if line)
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        request = httpx.Request(
            method, f"https://localhost:{ports[0]}{target}", headers=headers, content=content
        )
        answer = await asyncio.to_thread(host, request)
        body = b"".join(answer.iter_raw())
        told = [(name, value) for name, value in answer.headers.items() if name != "content-length"]
        told += [("content-length", str(len(body))), ("connection", "close")]
        lines = "".join(f"{name}: {value}\r\n" for name, value in told)
        writer.write(f"HTTP/1.1 {answer.status_code} X\r\n{lines}\r\n".encode("latin-1") + body)
        await writer.drain()
        writer.close()

    async def run() -> None:
        made = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        ports.append(made.sockets[0].getsockname()[1])
        ready.set()
        async with made:
            await made.serve_forever()

    def main() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(run())
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()

    thread = threading.Thread(target=main, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield f"https://localhost:{ports[0]}"
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        thread.join(10)

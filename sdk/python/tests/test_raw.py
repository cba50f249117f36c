"""Frames as they are."""

import asyncio
import re
from pathlib import Path

from support import URL, BusTest, new_channel, soon

from arqonbus.sdk import ArqonBusClient, BusTimeoutError, ClosedError, ConflictError, UnreachableError, ValidationError

README = Path(__file__).parent.parent / "README.md"


class RawTest(BusTest):
    async def test_the_first_frame_is_the_welcome(self) -> None:
        async with ArqonBusClient(URL) as client:
            message = await client.recv_json(timeout=60)
        self.assertEqual(message["type"], "message")
        self.assertEqual(message["payload"]["welcome"], "Connected to ArqonBus")
        self.assertEqual(message["payload"]["client_id"], client.client_id)

    async def test_the_blocks_of_the_readme_run(self) -> None:
        blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
        self.assertGreater(len(blocks), 4)
        for block in blocks:
            with self.subTest(block):
                self.assertIn("asyncio.run(main())", block)
                program = block.replace("ws://127.0.0.1:9100", URL).replace("asyncio.run(main())", "")
                names: dict[str, object] = {}
                exec(compile(program, str(README), "exec"), names)
                await soon(names["main"]())  # type: ignore[operator]

    async def test_frames_go_out_and_come_in_as_they_are(self) -> None:
        client = ArqonBusClient(URL)
        await client.connect()
        self.assertIn("welcome", await client.recv(timeout=60))
        await client.send_json({"type": "ping", "id": "arq_p"})
        answer = await client.recv_json(timeout=60)
        self.assertEqual((answer["type"], answer["request_id"]), ("pong", "arq_p"))
        await client.close()
        with self.assertRaises(ClosedError):
            await client.recv_json(timeout=60)

    async def test_a_frame_that_does_not_come_is_a_timeout(self) -> None:
        client = await self.client()
        await client.recv_json()
        with self.assertRaises(asyncio.TimeoutError) as caught:
            await client.recv_json(timeout=0.02)
        self.assertIsInstance(caught.exception, BusTimeoutError)
        self.assertEqual((caught.exception.code, caught.exception.retry), ("TIMEOUT", True))

    async def test_the_two_ways_are_not_mixed(self) -> None:
        client = await self.client()
        waiting = asyncio.ensure_future(client.recv_json())
        await waiting
        waiting = asyncio.ensure_future(client.recv_json())
        await asyncio.sleep(0)
        with self.assertRaises(ConflictError):
            await client.ping()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await client.ping()
        with self.assertRaises(ConflictError):
            await client.recv_json(timeout=1.0)

    async def test_frames_can_be_sent_beside_the_calls(self) -> None:
        client, address = await self.client(), new_channel()
        room, channel = address.split(":")
        reader = client.subscribe(address)
        await reader.start()
        await client.send_json(
            {"type": "message", "room": room, "channel": channel, "payload": {}, "metadata": {"echo": True}}
        )
        self.assertEqual((await soon(reader.__anext__())).sender, client.client_id)

    async def test_what_is_not_there_refuses_in_a_sentence(self) -> None:
        with self.assertRaises(UnreachableError) as caught:
            await ArqonBusClient("ws://127.0.0.1:1").connect()
        self.assertEqual(
            str(caught.exception),
            "UNREACHABLE: cannot connect to ws://127.0.0.1:1: connection refused; is the server running?",
        )
        self.assertIsInstance(caught.exception, ConnectionError)
        self.assertTrue(caught.exception.retry)

    async def test_what_is_no_bus_is_told(self) -> None:
        async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-2.0-other\r\n")
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        self.addCleanup(server.close)
        with self.assertRaises(UnreachableError):
            await ArqonBusClient(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}").connect()

    async def test_a_silent_server_is_a_timeout(self) -> None:
        async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(stay, "127.0.0.1", 0)
        self.addCleanup(server.close)
        with self.assertRaises(BusTimeoutError):
            await ArqonBusClient(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout=0.05).connect()

    async def test_refused_handshakes_name_every_fault(self) -> None:
        with self.assertRaises(ValidationError) as caught:
            await ArqonBusClient(URL, client_type="Not a type").connect()
        self.assertEqual((caught.exception.code, caught.exception.status), ("BAD_HANDSHAKE", 400))
        self.assertIn("client_type", str(caught.exception))
        with self.assertRaises(ValidationError):
            await ArqonBusClient("http://127.0.0.1:9100").connect()

    async def test_a_client_connects_once(self) -> None:
        client = ArqonBusClient(URL)
        with self.assertRaises(ClosedError):
            await client.ping()
        with self.assertRaises(ClosedError):
            await client.recv_json()
        await client.connect()
        with self.assertRaises(ConflictError):
            await client.connect()
        with self.assertRaises(ValidationError):
            await client.close(1001)
        await client.close(4000, "enough")
        await client.close()
        self.assertEqual((client.state, client.error), ("closed", None))
        with self.assertRaises(ClosedError):
            await client.ping()

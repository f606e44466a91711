# SPDX-License-Identifier: Apache-2.0
"""Transactions with an ovsdb-server (RFC 7047) over its unix socket, without a replica:
ovn-nbctl reads a whole database first, which is what a large one has too much of."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Optional

from ovnlab.shell import LabError

Operation = dict[str, Any]


class Client:
    def __init__(self, path: Path, database: str) -> None:
        self.database = database
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.decoder = json.JSONDecoder()
        self.text = ""
        self.serial = 0

    def close(self) -> None:
        self.socket.close()

    def transact(self, *operations: Operation) -> list[dict[str, Any]]:
        self.serial += 1
        self._send({"method": "transact", "params": [self.database, *operations],
                    "id": self.serial})
        while True:
            message = self._receive()
            if message.get("method") == "echo":
                self._send({"result": message["params"], "error": None, "id": message["id"]})
            elif message.get("id") == self.serial:
                break
        bad = [result for result in message["result"] if result and "error" in result]
        if message["error"] or bad:
            raise LabError(f"{self.database} refused: {message['error'] or bad[0]}")
        found: list[dict[str, Any]] = message["result"]
        return found

    def select(self, table: str, columns: list[str], *where: list[Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.transact(
            {"op": "select", "table": table, "columns": columns, "where": list(where)})[0]["rows"]
        return found

    def _send(self, message: dict[str, Any]) -> None:
        self.socket.sendall(json.dumps(message).encode())

    def _receive(self) -> dict[str, Any]:
        pieces = [self.text]
        while True:
            # A message ends with a brace; looking earlier would be for nothing.
            if pieces[-1].rstrip().endswith("}"):
                text = "".join(pieces).lstrip()
                try:
                    message, end = self.decoder.raw_decode(text)
                    self.text = text[end:]
                    assert isinstance(message, dict)
                    return message
                except ValueError:
                    pieces = [text]
            piece = self.socket.recv(1 << 20)
            if not piece:
                raise LabError(f"{self.database}: the server has gone")
            pieces.append(piece.decode())


def insert(table: str, row: dict[str, Any], name: Optional[str] = None) -> Operation:
    operation: Operation = {"op": "insert", "table": table, "row": row}
    if name:
        operation["uuid-name"] = name
    return operation


def named(*names: str) -> list[Any]:
    return ["set", [["named-uuid", name] for name in names]]


def mapping(**pairs: str) -> list[Any]:
    return ["map", [[key.replace("_", "-"), value] for key, value in pairs.items()]]

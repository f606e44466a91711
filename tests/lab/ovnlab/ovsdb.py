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
Row = dict[str, Any]


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

    def _call(self, method: str, *parameters: Any) -> Any:
        self.serial += 1
        self._send({"method": method, "params": parameters, "id": self.serial})
        while True:
            message = self._receive()
            if message.get("method") == "echo":
                self._send({"result": message["params"], "error": None, "id": message["id"]})
            elif message.get("id") == self.serial:
                break
        if message["error"]:
            raise LabError(f"{self.database} refused: {message['error']}")
        return message["result"]

    def transact(self, *operations: Operation) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("transact", self.database, *operations)
        bad = [result for result in found if result and "error" in result]
        if bad:
            raise LabError(f"{self.database} refused: {bad[0]}")
        return found

    def select(self, table: str, columns: list[str], *where: list[Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.transact(
            {"op": "select", "table": table, "columns": columns, "where": list(where)})[0]["rows"]
        return found

    def everything(self, tables: list[str]) -> dict[str, dict[str, Row]]:
        """All rows by table and UUID."""
        found = self.transact(*({"op": "select", "table": table, "where": []}
                                for table in tables))
        return {table: {row["_uuid"][1]: {name: value for name, value in row.items()
                                          if name not in ("_uuid", "_version")}
                        for row in result["rows"]} for table, result in zip(tables, found)}

    def tables(self) -> list[str]:
        return sorted(self._call("get_schema", self.database)["tables"])

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

"""What we use of kafka-python that is not public is there, and nobody else here uses any of it."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from kafka import KafkaConsumer
from kafka.cluster import ClusterMetadata
from kafka.consumer.fetcher import Fetcher
from kafka.record.default_records import DefaultRecordBatch

import consumers
from consumers.topics.fetched import WholeBatches

# These two say why.
MAY_LOOK_INSIDE = ("topics/client_internals.py", "topics/fetched.py")
OVERRIDDEN = {
    "_unpack_records": ["self", "tp", "records", "key_deserializer", "value_deserializer"],
    "_maybe_skip_record": ["self", "record"],
}
INHERITED = {
    "_consume_aborted_transactions_up_to": ["self", "offset"],
    "_contains_abort_marker": ["self", "batch"],
    "_is_batch_aborted": ["self", "batch"],
    "drain": ["self"],
}


def test_the_client_keeps_its_fetcher_and_its_cluster_where_we_look() -> None:
    """Each is an attribute of its own, and the fetcher makes its records of a class of its own."""
    made = inspect.getsource(KafkaConsumer.__init__)
    assert "self._fetcher = Fetcher(" in made
    assert "self._cluster = " in made
    assert "self.PartitionRecords(" in inspect.getsource(Fetcher)
    assert list(inspect.signature(ClusterMetadata.topic_id).parameters) == ["self", "topic_name"]
    begun = inspect.getsource(ClusterMetadata.start_refresh_loop)
    assert "if self._refresh_loop_future is not None:" in begun, "it is begun once"
    assert "self.start_refresh_loop()" in inspect.getsource(ClusterMetadata.request_update)


def test_what_whole_batches_takes_the_place_of_is_called_as_before() -> None:
    """Methods that it replaces and methods that it calls have the parameters that it knows."""
    records = Fetcher.PartitionRecords
    for name, parameters in (OVERRIDDEN | INHERITED).items():
        assert list(inspect.signature(getattr(records, name)).parameters) == parameters, name
    assert not {"__init__", "take", *INHERITED} & vars(WholeBatches).keys()
    assert "_buffer" in DefaultRecordBatch.__slots__


def test_nobody_else_looks_inside_of_others() -> None:
    """A private name of anything but oneself stands in these two modules alone."""
    (folder,) = consumers.__path__
    paths = {path.relative_to(folder).as_posix(): path for path in Path(folder).rglob("*.py")}
    assert paths.keys() >= set(MAY_LOOK_INSIDE)
    found = [
        f"{name}:{node.lineno} {ast.unparse(node)}"
        for name, path in sorted(paths.items())
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and is_private(node) and name not in MAY_LOOK_INSIDE
    ]
    assert found == []


def is_private(node: ast.Attribute) -> bool:
    """Say whether a private name is asked of something other than oneself."""
    is_own = ast.unparse(node.value) in ("self", "cls", "os")
    return node.attr.startswith("_") and not node.attr.endswith("__") and not is_own

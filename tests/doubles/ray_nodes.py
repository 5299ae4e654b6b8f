"""A Ray cluster of two nodes, which are processes of this machine."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


@contextmanager
def ray_nodes() -> "Iterator[Cluster]":
    """Have it run while in the block: with one processor and 4 GB for each node. Nobody is connected to it."""
    import ray
    from ray.cluster_utils import Cluster

    node: dict[str, Any] = {"num_cpus": 1, "memory": 4 * 2**30, "object_store_memory": 80 * 2**20}
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="ray-") as folder:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        head = {**node, "include_dashboard": False, "temp_dir": folder}
        cluster = Cluster(initialize_head=True, connect=False, head_node_args=head)
        try:
            cluster.add_node(**node)
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()

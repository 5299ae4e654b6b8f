"""The files of a chat whose sandbox is elsewhere: here as they are there, after each step, and there as here before."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.execution import FileNote
from agent_core.sandbox.policy import Limits
from agent_core.sandbox.remote.frames import FileListing
from agent_core.sandbox.remote.link import FarLink, LinkLost, in_links_loop
from agent_core.sandbox.remote.mirror import Mirror


class SharedFiles:
    """The files of a workspace on both sides of a link. Nothing may be done with them meanwhile.

    Args:
        workspace: The folder on this side.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._mirror = Mirror(workspace)
        self._same = FileListing()  # those that were the same on both sides last

    async def push(self, link: FarLink) -> None:
        """Make all files there as they are here. Raises GlassboxError."""
        listing = await asyncio.to_thread(self._mirror.listing)
        reply = await in_links_loop(link.request("arrange", listing=listing.model_dump()))
        await self._put(link, listing, [name for name in reply.names if name in listing.files])
        self._same = listing

    async def push_changes(self, link: FarLink) -> None:
        """Take over there what somebody has done to the files here since they were the same. Raises GlassboxError."""
        listing = await asyncio.to_thread(self._mirror.listing, waits=False)
        if gone := [name for name in self._same.files if name not in listing.files]:
            await in_links_loop(link.request("remove", names=gone))
        changed = [name for name, stamp in listing.files.items() if self._same.files.get(name) != stamp]
        await self._put(link, listing, changed)
        self._same = listing

    async def pull(self, link: FarLink, there: FileListing | None, limits: Limits) -> list[str]:
        """Make the files here as they are there.

        Args:
            link: The connection.
            there: The files there, as the far end says.
            limits: What the chat may have.

        Returns:
            The files that have no room here, and stay there.

        Raises:
            GlassboxError: The far end is gone, or its files cannot be what it says.
            OSError: The disk fails.
        """
        if there is None or len(there.files) + len(there.folders) > limits.files:
            raise LinkLost
        wanted, left_out = _fitting(there, limits)
        needed = await asyncio.to_thread(self._mirror.arrange, wanted)
        if needed:
            sinks = [self._mirror.sink(name, wanted.files[name]) for name in needed]
            await in_links_loop(link.request("get", names=needed, sinks=sinks))
        self._same = wanted
        return left_out

    async def add(self, link: FarLink, notes: Sequence[FileNote]) -> tuple[FileNote, ...]:
        """Add files there that were added here, all or none.

        Returns:
            What they are called now: the running step may have made others of the same names.

        Raises:
            GlassboxError: They do not fit there; they are removed here.
        """
        stamps = (await asyncio.to_thread(self._mirror.listing)).files
        files = {note.name: stamps[note.name].model_dump() for note in notes if note.name in stamps}
        try:
            reply = await in_links_loop(link.request("add", files=files, content=self._content(files)))
        except LinkLost:
            return tuple(notes)
        except GlassboxError:
            for note in notes:
                (self._workspace / note.name).unlink(missing_ok=True)
            raise
        names = dict(zip(files, reply.names, strict=False))
        added = [self._renamed(note, names.get(note.name, note.name)) for note in notes]
        for note, added_note in zip(notes, added, strict=True):
            if note.name in stamps:
                self._same.files[added_note.name] = stamps[note.name]
        return tuple(added)

    def _renamed(self, note: FileNote, name: str) -> FileNote:
        """Give an added file the name that it got there, if it can be one."""
        if name == note.name or "/" in name or name.startswith("."):
            return note
        with suppress(OSError):
            (self._workspace / note.name).rename(self._workspace / name)
            return replace(note, name=name)
        return note

    async def _put(self, link: FarLink, listing: FileListing, names: Sequence[str]) -> None:
        files = {name: listing.files[name].model_dump() for name in names}
        if files:
            await in_links_loop(link.request("put", files=files, content=self._content(files)))

    def _content(self, names: Mapping[str, Any]) -> Iterator[bytes]:
        for name in names:
            yield from self._mirror.pieces(name)


def _fitting(listing: FileListing, limits: Limits) -> tuple[FileListing, list[str]]:
    """Return the files that have room here, the smallest first, and the names of the others: holes count here."""
    left, fitting, others = limits.disk_mb * 2**20, {}, []
    for name, stamp in sorted(listing.files.items(), key=lambda file: file[1].size):
        left -= stamp.size
        if left >= 0:
            fitting[name] = stamp
        else:
            others.append(name)
    return FileListing(folders=listing.folders, files=fitting), others

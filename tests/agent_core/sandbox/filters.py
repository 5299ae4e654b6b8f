"""Runs seccomp filters here, for any machine: the few instructions of BPF that libseccomp writes."""

import struct
from collections.abc import Sequence

_INSTRUCTION = struct.Struct("HBBI")


def verdict(program: bytes, architecture: int, call: int, arguments: Sequence[int] = ()) -> int:
    """What the filter answers to a call.

    architecture: as the kernel tells it (AUDIT_ARCH_…). arguments: as they stand in the registers.
    """
    data = struct.pack("iIQ6Q", call, architecture, 0, *[*arguments, *[0] * 6][:6])
    code = list(_INSTRUCTION.iter_unpack(program))
    place = value = 0
    while True:
        operation, yes, no, operand = code[place]
        place += 1
        match operation:
            case 0x20:  # load
                (value,) = struct.unpack_from("I", data, operand)
            case 0x54:  # and
                value &= operand
            case 0x05:  # jump
                place += operand
            case 0x15:  # jump if equal
                place += yes if value == operand else no
            case 0x25:  # jump if greater
                place += yes if value > operand else no
            case 0x35:  # jump if at least
                place += yes if value >= operand else no
            case 0x06:  # return
                return operand
            case _:
                raise ValueError(f"unknown instruction {operation:#x}")

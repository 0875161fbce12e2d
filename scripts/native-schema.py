#!/usr/bin/env python3
"""Extracts the protobuf schema of a `livekit` wheel as a FileDescriptorSet.

    scripts/native-schema.py livekit-1.2.0-….whl target/native/schema.binpb

The wheel contains each file's descriptor as a bytes literal; none of its code is executed.
"""
import ast
import sys
import zipfile


def descriptors(wheel):
    for name in sorted(wheel.namelist()):
        if name.startswith("livekit/rtc/_proto/") and name.endswith("_pb2.py"):
            for node in ast.walk(ast.parse(wheel.read(name))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
                    yield ast.literal_eval(node.args[0])


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def main():
    source, target = sys.argv[1:]
    with zipfile.ZipFile(source) as wheel, open(target, "wb") as out:
        for descriptor in descriptors(wheel):
            out.write(b"\x0a" + varint(len(descriptor)) + descriptor)  # FileDescriptorSet.file = 1


main()

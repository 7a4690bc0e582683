#!/usr/bin/env bash
# object-del takes an object that a device uses.
#
# Expected (QEMU QMP Reference Manual, object-del; and what it says of a memory backend that is in use): an error, as long as something needs the object.
# Seen (QEMU 10.0.13): a memory backend that is the machine's RAM is refused, with a clear error; a source of random numbers that virtio-rng reads is deleted without a
# word: its id is free for another object, and the device's own `rng` property names nothing any more.

PINNED=('qemu-system-riscv 1:10.0.13+ds-0+deb13u1')
source "$(dirname "$0")/common.sh"

said=$(
  {
    printf '%s\n' '{"execute": "qmp_capabilities"}' \
      '{"execute": "object-del", "arguments": {"id": "ram"}}' \
      '{"execute": "object-del", "arguments": {"id": "rng"}}' \
      '{"execute": "object-add", "arguments": {"qom-type": "rng-builtin", "id": "rng"}}' \
      '{"execute": "qom-get", "arguments": {"path": "/machine/peripheral/dev", "property": "rng"}}'
    sleep 2
    echo '{"execute": "quit"}'
  } | timeout 60 chroot "$root" qemu-system-riscv64 -M virt,memory-backend=ram -m 64M -object memory-backend-ram,id=ram,size=64M -object rng-builtin,id=rng \
    -device virtio-rng-device,id=dev,rng=rng -display none -S -qmp stdio
) || fail "QEMU ended with status $?"
# the answers, in order: the greeting's capabilities, then the commands'
mapfile -t answers < <(grep -E '"(return|error)"' <<<"$said" | tr -d '\r')
printf '%s\n' "${answers[@]:1:4}"
[[ ${answers[1]} == *'"error"'*'in use'* ]] || fail 'a memory backend in use is not refused as before'
[[ ${answers[2]} == '{"return": {}}' ]] || fail 'an rng in use is not deleted as before'
[[ ${answers[3]} == '{"return": {}}' ]] || fail 'its id is not free'
[[ ${answers[4]} == '{"return": ""}' ]] || fail "the device's rng is not nothing any more"

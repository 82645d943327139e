#!/bin/sh
# Starts a daemon the old way: the command ends with 0 at once, and what it started stays.
. "${0%/*}/stage.sh"

if [ "${1:-}" = inside ]; then
    beat=0
    while :; do
        beat=$((beat + 1))
        echo "${blue}daemon${plain} heartbeat $beat"
        nap 4
    done
fi

# started by a shell that ends at once, deaf to the terminal's end: the kernel gives it to the next parent up
(
    trap '' HUP
    sh "$0" inside </dev/null &
)
echo "${green}✓${plain} daemon started, the command itself is done"

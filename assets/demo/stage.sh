# What the demo services share: colours, short waits and dice. Read with `.`, not run.
# shellcheck shell=sh disable=SC2034

esc=$(printf '\033')
if [ -n "${NO_COLOR:-}" ]; then
    red='' green='' yellow='' blue='' magenta='' cyan='' bold='' dim='' plain=''
else
    red="$esc[31m" green="$esc[32m" yellow="$esc[33m" blue="$esc[94m" magenta="$esc[35m" cyan="$esc[36m"
    bold="$esc[1m" dim="$esc[2m" plain="$esc[0m"
fi

# nap SECONDS: fractions where this system's sleep knows them, else a whole second.
# POSIX promises whole seconds only.
if sleep 0.01 2>/dev/null; then
    nap() { sleep "$1"; }
else
    nap() { sleep 1; }
fi

# roll N: sets `rolled` to a number from 0 to N-1. Small enough for 32-bit shells; no process is started for it.
dice=$(($$ % 65537))
roll() {
    dice=$(((dice * 75 + 74) % 65537))
    rolled=$((dice / 7 % $1))
}

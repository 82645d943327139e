#!/bin/sh
# Started by hand, and stopped by typing: it watches for changes until it reads a `q`.
. "${0%/*}/stage.sh"

trap 'kill "$builder" 2>/dev/null' EXIT

build() {
    page=0
    while :; do
        page=$((page + 1))
        echo "${green}✓${plain} page $page built"
        nap 3
    done
}

echo "${bold}docs${plain} watching; ${bold}q${plain} and Enter ends it"
build &
builder=$!
while read -r typed; do
    [ "$typed" = q ] && echo 'bye' && exit 0
done

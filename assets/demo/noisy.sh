#!/bin/sh
# A bundler: a progress bar on one line, then a burst of output, then silence.
. "${0%/*}/stage.sh"

build=0
while :; do
    build=$((build + 1))
    percent=0
    bar=''
    rest='····················'
    while [ "$percent" -lt 100 ]; do
        percent=$((percent + 5))
        bar="$bar█"
        rest=${rest#·}
        printf '\r%sbundling%s %s%s%s%s%s %3d%%' "$bold" "$plain" "$magenta" "$bar" "$dim" "$rest" "$plain" "$percent"
        nap 0.1
    done
    printf '\n'

    module=0
    while [ "$module" -lt 400 ]; do
        module=$((module + 1))
        roll 90
        printf '%s%4d%s  src/modules/%03d/index.ts  %s%d.%d kB%s\n' \
            "$dim" "$module" "$plain" "$module" "$green" $((rolled / 9 + 1)) $((rolled % 10)) "$plain"
    done
    echo "${green}✓${plain} build $build: 400 modules"
    nap 6
done

#!/bin/sh
# Refuses to go: every signal that can be ignored is answered with a shrug.
. "${0%/*}/stage.sh"

refused=0
refuse() {
    refused=$((refused + 1))
    echo "${yellow}SIG$1? no, thank you${plain} ${dim}($refused so far)${plain}"
}
trap 'refuse TERM' TERM
trap 'refuse INT' INT
trap 'refuse HUP' HUP

echo "${bold}stubborn${plain} stays: ${bold}x${plain} asks it, ${bold}X${plain} kills it"
while :; do
    nap 5
    echo "${dim}still here${plain}"
done

#!/bin/sh
# Works on a queue for about twenty seconds, then fails for good: a crash for the restart key.
. "${0%/*}/stage.sh"

job=1
while [ "$job" -le 20 ]; do
    printf '%sjob %3d%s  resize image %04d.jpg ' "$blue" "$job" "$plain" $((job * 37))
    nap 0.6
    echo "${green}ok${plain}"
    nap 0.4
    job=$((job + 1))
done
printf '%sjob %3d%s  resize image 0777.jpg ' "$blue" "$job" "$plain"
nap 0.6
echo "${red}failed${plain}"
echo "${bold}${red}fatal:${plain} no space left on the scratch disk" >&2
exit 3

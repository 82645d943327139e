#!/bin/sh
# A task: does its steps, says so, and ends.
. "${0%/*}/stage.sh"

step() {
    printf '%s→%s %-32s' "$cyan" "$plain" "$1"
    nap 0.5
    echo "${green}done${plain}"
}

echo "${bold}migrating${plain} shop_development"
step '001 create products'
step '002 create orders'
step '003 add index orders(created_at)'
step '004 backfill totals'
echo "${green}4 migrations applied${plain}"

#!/bin/sh
# A worker that writes structured lines, and crashes now and then with a trace on its standard error.
. "${0%/*}/stage.sh"

level() { printf '{"level":"%s","service":"api",%s}\n' "$1" "$2"; }

level info "\"message\":\"started\",\"pid\":$$,\"log\":\"${LOG_LEVEL:-info}\",\"region\":\"${REGION:-none}\""
roll 20
left=$((rolled + 15))
order=$((1000 + $$ % 1000))
while [ "$left" -gt 0 ]; do
    left=$((left - 1))
    order=$((order + 1))
    roll 60
    took=$((rolled + 4))
    case $((order % 9)) in
        4) level debug "\"message\":\"cache miss\",\"key\":\"stock:$((order % 50))\"" ;;
        7) level warn "\"message\":\"slow query\",\"table\":\"orders\",\"ms\":$((took * 9))" ;;
        *) level info "\"message\":\"order placed\",\"order\":$order,\"ms\":$took" ;;
    esac
    nap 0.7
done

level error '"message":"lost the connection to the database","attempt":3'
{
    echo "${red}error${plain}: broken pipe while writing to orders"
    echo "${dim}   0: api::orders::insert   at src/orders.rs:88${plain}"
    echo "${dim}   1: api::http::checkout   at src/http.rs:41${plain}"
    echo "${dim}   2: api::main             at src/main.rs:17${plain}"
} >&2
exit 1

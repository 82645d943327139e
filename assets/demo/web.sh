#!/bin/sh
# A web server at a human pace: one coloured line a request.
. "${0%/*}/stage.sh"

trap 'echo "${dim}SIGTERM: 3 connections drained, bye${plain}"; exit 0' TERM

echo "${bold}web${plain} on ${cyan}http://localhost:${PORT:-8080}${plain} in 412 ms"
served=0
while :; do
    roll 10
    case $rolled in
        0) request='POST   /cart/items' ;;
        1) request='POST   /checkout' ;;
        2) request='DELETE /cart/items/7' ;;
        3 | 4) request='GET    /' ;;
        5) request='GET    /products?page=3' ;;
        6) request='GET    /assets/app.css' ;;
        7) request='PUT    /profile' ;;
        *) roll 900 && request="GET    /products/$((rolled + 100))" ;;
    esac
    case ${request%% *} in
        GET) method=$cyan ;;
        POST) method=$green ;;
        PUT) method=$yellow ;;
        *) method=$magenta ;;
    esac

    roll 24
    case $rolled in
        0) status=500 colour=$red ;;
        1 | 2) status=404 colour=$yellow ;;
        3) status=302 colour=$blue ;;
        4) status=304 colour=$blue ;;
        *) status=200 colour=$green ;;
    esac
    roll 90
    latency=$((rolled + 3))
    [ "$status" = 500 ] && latency=$((latency * 20))

    served=$((served + 1))
    printf '%s%s%-7s%s %-18s %s%s%s %s%5d ms%s\n' \
        "$bold" "$method" "${request%% *}" "$plain" "${request##* }" "$colour" "$status" "$plain" "$dim" "$latency" "$plain"
    [ $((served % 40)) -eq 0 ] && echo "${dim}-- $served requests served --${plain}"

    roll 4
    nap "0.$((rolled * 2 + 2))"
done

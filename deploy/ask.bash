#!/usr/bin/env bash
# Asks this container's own service and prints its answer; exit code 0 when the status is 2xx.
#
#   ask GET  9080 /actuator/health/readiness     (the containers' health check)
#   ask POST 8082 /actuator/settle               (settle now; settlement-worker answers this on loopback only, and with the header)
#
# The runtime image has neither curl nor wget; bash opens the connection itself.
set -euo pipefail

if (( $# != 3 )); then
    echo "usage: ask METHOD PORT PATH" >&2
    exit 2
fi

exec 3<> "/dev/tcp/127.0.0.1/$2"
printf '%s %s HTTP/1.0\r\nHost: localhost\r\nX-Millrace-Settle: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' "$1" "$3" >&3
# Who asks sets the limit (a health check's timeout); without one, a settlement may take its time.
IFS= read -r status <&3
cat <&3
[[ $status == HTTP/1.?\ 2?? || $status == HTTP/1.?\ 2??[!0-9]* ]]

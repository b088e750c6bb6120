#!/bin/sh
# Takes a payment with curl, and shows that sending it again does not take it twice.
#
#   FEIQIAN_KEY=fq_test_… examples/pay.sh 88012345678901234567 1250
#
# The arguments: the 20 digits on the customer's phone, and the amount in minor units (1250 is 12.50).
set -eu
url=${FEIQIAN_SERVER:-http://127.0.0.1:8080}
currency=${CURRENCY:-CNY}
order="example-$(date +%s)-$$"

pay() {
    # The key goes in by standard input, so that it is not in the list of processes.
    printf 'header = "Authorization: Bearer %s"\n' "$FEIQIAN_KEY" |
        curl --silent --show-error --config - --header 'Content-Type: application/json' "$url/v1/payments" \
            --data "{\"payment_code\": \"$1\", \"amount\": $2, \"currency\": \"$currency\", \"merchant_order\": \"$order\"}"
    echo
}

pay "$1" "$2"
echo "The same order again gets the same answer, byte for byte:"
pay "$1" "$2"

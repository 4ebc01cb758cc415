package dev.millrace.ledger.creator;

import dev.millrace.common.money.Micros;
import io.swagger.v3.oas.annotations.media.Schema;

/**
 * An amount of money, as answers show it.
 *
 * @param micros whole micros, 10^-6 of the currency
 * @param amount the same in the currency, six decimal places
 */
public record Amount(
        @Schema(
                types = {"integer", "string"},
                format = "int64",
                description = "whole micros, 10^-6 of the currency; beyond 2^53 as text",
                example = "1200000")
        long micros,

        @Schema(description = "the same in the currency, six decimal places", example = "1.200000")
        String amount) {
    public static Amount of(Micros micros) {
        return new Amount(micros.value(), micros.amount());
    }
}

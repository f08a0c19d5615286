/* Prices as the API shows them: localised strings (catalog-api.md section 1, "Price trap"). */
#include "fields.h"

#include <stdio.h>
#include <string.h>

struct currency {
    char code[4];
    const char *symbol;
    char thousands, decimal;
};

static const struct currency currencies[] = {
    {"USD", "$", ',', '.'},  {"EUR", "€", ',', '.'},   {"GBP", "£", ',', '.'}, {"JPY", "¥", ',', '.'},
    {"IDR", "Rp", '.', ','}, {"INR", "₹", ',', '.'},   {"KRW", "₩", ',', '.'}, {"BRL", "R$", '.', ','},
    {"ZAR", "R", ' ', '.'},  {"MXN", "MX$", ',', '.'},
};

static bool is_zero_decimal(const char *code)
{
    return strstr("CLP COP CRC HUF ISK IDR JPY KRW PYG TWD VND", code) != NULL;
}

void price_text(struct text *out, int64_t minor_units, const char *currency, bool cents_always)
{
    struct currency found = {"", NULL, ',', '.'};
    for (size_t i = 0; i < sizeof currencies / sizeof currencies[0]; i++) {
        if (strcmp(currencies[i].code, currency) == 0)
            found = currencies[i];
    }
    bool zero_decimal = is_zero_decimal(currency);
    int64_t whole = zero_decimal && !cents_always ? minor_units : minor_units / 100;
    int cents = zero_decimal ? 0 : (int)(minor_units % 100);
    char digits[24], grouped[40];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)whole), at = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            grouped[at++] = found.thousands;
        grouped[at++] = digits[i];
    }
    grouped[at] = '\0';
    text_str(out, found.symbol ? found.symbol : currency);
    text_str(out, grouped);
    if (!zero_decimal)
        text_fmt(out, "%c%02d", found.decimal, cents);
}

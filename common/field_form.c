#include "common/field_form.h"

#include "common/iso8601.h"

#include <string.h>

enum { GTIN_DIGITS_MAX = 14, DAY_CHARS = 10, MINUTE_CHARS = 16, TIME_CHARS_MAX = 40 };

enum gtin_fault gtin_check(const char *text, size_t len, char *expected)
{
    unsigned sum = 0;
    char digit;

    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return GTIN_CHARACTER;
    }
    if (len != 8 && len != 12 && len != 13 && len != GTIN_DIGITS_MAX)
        return GTIN_LENGTH;
    for (size_t i = 0; i + 1 < len; i++) /* weights 3, 1, 3 ... from the right, the check digit left out */
        sum += (unsigned)(text[i] - '0') * ((len - i) % 2 == 0 ? 3 : 1);
    digit = (char)('0' + (10 - sum % 10) % 10);
    if (text[len - 1] == digit)
        return GTIN_OK;
    *expected = digit;
    return GTIN_CHECK_DIGIT;
}

bool date_check(const char *text, size_t len, int64_t *unix_us, bool *is_day)
{
    static const char midnight[] = "T00:00:00Z";
    char whole[TIME_CHARS_MAX + sizeof(midnight)];

    if (len < DAY_CHARS || len > TIME_CHARS_MAX)
        return false;
    memcpy(whole, text, len);
    *is_day = len == DAY_CHARS;
    if (*is_day) {
        memcpy(whole + len, midnight, sizeof(midnight) - 1);
        len += sizeof(midnight) - 1;
    } else if (len > MINUTE_CHARS && text[MINUTE_CHARS] != ':') { /* the API's own examples have no seconds */
        memmove(whole + MINUTE_CHARS + 3, whole + MINUTE_CHARS, len - MINUTE_CHARS);
        memcpy(whole + MINUTE_CHARS, ":00", 3);
        len += 3;
    }
    return iso8601_parse_us(whole, len, unix_us);
}

bool country_check(const char *text, size_t len)
{
    static const char codes[] =
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT "
        "BV BW BY "
        "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET "
        "FI FJ FK "
        "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN "
        "IO IQ IR "
        "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF "
        "MG MH MK "
        "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH "
        "PK PL PM "
        "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ "
        "TC TD TF "
        "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ";

    if (len != 2)
        return false;
    for (const char *at = codes; *at; at += 3) {
        if (at[0] == text[0] && at[1] == text[1])
            return true;
    }
    return false;
}

//! The functions that a statement may call: what they do depends on their arguments alone.
//!
//! A function that reads a table, a file, a setting or another server, or that writes one, would
//! go past the predicate. None of them is here, and what is not here is refused.

use super::dialect::Dialect;

/// Tells whether a scalar, aggregate or window function is known to be harmless.
pub(super) fn is_pure(dialect: Dialect, name: &str) -> bool {
    let own = match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
        Dialect::MySql => MYSQL,
    };
    names(name, EVERYWHERE) || names(name, own)
}

/// Tells whether a function that stands in a FROM is known to be harmless.
pub(super) fn is_pure_table(dialect: Dialect, name: &str) -> bool {
    let own = match dialect {
        Dialect::Postgres => POSTGRES_TABLES,
        Dialect::Sqlite => SQLITE_TABLES,
        Dialect::MySql => "",
    };
    names(name, own)
}

fn names(name: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == name)
}

const EVERYWHERE: &str = "\
    abs acos asin atan atan2 avg ceil ceiling coalesce concat concat_ws cos count cume_dist \
    current_date current_time current_timestamp degrees dense_rank exp first_value floor lag \
    last_value lead length ln log log10 lower ltrim max min mod nth_value ntile nullif \
    percent_rank pi pow power radians rank replace round row_number rtrim sign sin sqrt substr \
    substring sum tan trim upper";

const POSTGRES: &str = "\
    age any_value array array_agg array_append array_cat array_length array_position \
    array_positions array_prepend array_remove array_replace array_to_json array_to_string \
    ascii bit_and bit_length bit_or bool_and bool_or btrim cardinality cbrt char_length \
    character_length chr clock_timestamp corr covar_pop covar_samp date_bin date_part \
    date_trunc daterange decode div encode every extract format gcd gen_random_uuid greatest \
    grouping initcap int4range int8range isempty isfinite json_agg json_array_length \
    json_build_array json_build_object json_extract_path json_extract_path_text json_object \
    json_object_agg json_strip_nulls json_typeof jsonb_agg jsonb_array_length \
    jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_extract_path_text \
    jsonb_insert jsonb_object jsonb_object_agg jsonb_path_exists jsonb_path_match \
    jsonb_path_query_array jsonb_path_query_first jsonb_pretty jsonb_set jsonb_set_lax \
    jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval lcm least left \
    localtime localtimestamp lower_inc lower_inf lpad make_date make_interval make_time \
    make_timestamp make_timestamptz md5 mode now num_nonnulls num_nulls numrange octet_length \
    overlay percentile_cont percentile_disc phraseto_tsquery plainto_tsquery position \
    quote_literal random range_agg range_merge regexp_count regexp_instr regexp_like \
    regexp_match regexp_replace regexp_split_to_array regexp_substr regr_avgx regr_avgy \
    regr_count regr_intercept regr_r2 regr_slope repeat reverse right row row_to_json rpad \
    scale setweight sha224 sha256 sha384 sha512 split_part starts_with statement_timestamp \
    stddev stddev_pop stddev_samp string_agg string_to_array strip strpos to_ascii to_char \
    to_date to_hex to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector \
    transaction_timestamp translate trunc ts_headline ts_rank ts_rank_cd tsrange tstzrange \
    upper_inc upper_inf var_pop var_samp variance websearch_to_tsquery width_bucket";

const SQLITE: &str = "\
    char date datetime format glob group_concat hex ifnull iif instr json json_array \
    json_array_length json_extract json_group_array json_group_object json_insert json_object \
    json_patch json_quote json_remove json_replace json_set json_type json_valid julianday \
    like likelihood likely log2 octet_length printf quote random randomblob strftime \
    string_agg time timediff total trunc typeof unhex unicode unixepoch unlikely zeroblob";

const MYSQL: &str = "\
    adddate addtime any_value ascii bin bin_to_uuid bit_and bit_count bit_length bit_or \
    bit_xor char char_length character_length conv convert_tz cot crc32 curdate curtime date \
    date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear elt \
    extract field find_in_set format from_base64 from_days from_unixtime greatest group_concat \
    grouping hex hour if ifnull insert instr isnull json_array json_array_append \
    json_array_insert json_arrayagg json_contains json_contains_path json_depth json_extract \
    json_insert json_keys json_length json_merge_patch json_merge_preserve json_object \
    json_objectagg json_overlaps json_quote json_remove json_replace json_search json_set \
    json_type json_unquote json_valid json_value last_day lcase least left localtime \
    localtimestamp locate log2 lpad makedate maketime md5 microsecond mid minute month \
    monthname now octet_length ord period_add period_diff position quarter rand regexp_instr \
    regexp_like regexp_replace regexp_substr repeat reverse right rpad sec_to_time second sha1 \
    sha2 soundex space std stddev stddev_pop stddev_samp str_to_date strcmp subdate \
    substring_index subtime sysdate time time_format time_to_sec timediff timestamp \
    timestampadd timestampdiff to_base64 to_days to_seconds truncate ucase unhex \
    unix_timestamp utc_date utc_time utc_timestamp uuid uuid_to_bin values var_pop var_samp \
    variance week weekday weekofyear weight_string year yearweek";

const POSTGRES_TABLES: &str = "\
    generate_series generate_subscripts json_array_elements json_array_elements_text json_each \
    json_each_text json_object_keys jsonb_array_elements jsonb_array_elements_text jsonb_each \
    jsonb_each_text jsonb_object_keys jsonb_path_query regexp_matches regexp_split_to_table \
    string_to_table unnest";

const SQLITE_TABLES: &str = "\
    json_each json_tree";

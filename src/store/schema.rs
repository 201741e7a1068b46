//! The tables as Diesel sees them, one description for both engines. Migrations are the truth; a test compares.
//!
//! Columns are text or 64-bit integers; bytes only where an instrument's are kept.

diesel::table! {
    laboratory (id) {
        id -> BigInt,
        name -> Text,
        name_en -> Text,
        address -> Text,
        phone -> Text,
        updated_at -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    person (id) {
        id -> BigInt,
        username -> Text,
        display_name -> Text,
        password_hash -> Text,
        created_at -> Text,
        disabled_at -> Nullable<Text>,
    }
}

diesel::table! {
    person_role (id) {
        id -> BigInt,
        person_id -> BigInt,
        role -> Text,
        granted_at -> Text,
        revoked_at -> Nullable<Text>,
    }
}

diesel::table! {
    web_session (id) {
        id -> BigInt,
        token_hash -> Text,
        person_id -> BigInt,
        csrf -> Text,
        created_at -> Text,
        seen_at -> Text,
        ended_at -> Nullable<Text>,
    }
}

diesel::table! {
    setup_link (id) {
        id -> BigInt,
        token_hash -> Text,
        created_at -> Text,
        used_at -> Nullable<Text>,
    }
}

diesel::table! {
    backup_made (id) {
        id -> BigInt,
        at -> Text,
    }
}

diesel::table! {
    place (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        kind -> Text,
        town -> Text,
        address -> Text,
        retired_at -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    producer (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        kind -> Text,
        town -> Text,
        address -> Text,
        contact -> Text,
        phone -> Text,
        credit_code -> Nullable<Text>,
        retired_at -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    commodity (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        name_en -> Text,
        parent_id -> Nullable<BigInt>,
        synonyms -> Text,
        retired_at -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    analyte (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        name_en -> Text,
        kind -> Text,
        cas -> Nullable<Text>,
        banned_from -> Nullable<Text>,
        banned_scope -> Nullable<Text>,
        banned_basis -> Nullable<Text>,
        retired_at -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    instrument (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        maker -> Text,
        model -> Text,
        serial_number -> Text,
        driver -> Text,
        transport -> Text,
        address -> Text,
        baud -> BigInt,
        data_bits -> BigInt,
        parity -> Text,
        stop_bits -> BigInt,
        bench_id -> Nullable<BigInt>,
        control_position -> Nullable<Text>,
        calibrated_to -> Nullable<Text>,
        line_enabled_at -> Nullable<Text>,
        retired_at -> Nullable<Text>,
        agent_id -> Nullable<BigInt>,
        file_pattern -> Nullable<Text>,
        settle_seconds -> Nullable<BigInt>,
        orders -> Nullable<Text>,
        speaks_every -> Nullable<BigInt>,
        working_days -> Nullable<Text>,
        working_hours -> Nullable<Text>,
        data_system -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    method (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        name_en -> Text,
        kind -> Text,
        instrument_id -> Nullable<BigInt>,
        effective_from -> Text,
        effective_to -> Nullable<Text>,
        retired_at -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    method_analyte (id) {
        id -> BigInt,
        method_id -> BigInt,
        analyte_id -> BigInt,
        unit -> Text,
        lod -> Nullable<Text>,
        loq -> Nullable<Text>,
        decimals -> BigInt,
        threshold -> Nullable<Text>,
        retired_at -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    analyte_map (id) {
        id -> BigInt,
        instrument_id -> BigInt,
        code -> Text,
        unit -> Text,
        analyte_id -> BigInt,
        to_unit -> Text,
        factor -> Text,
        created_at -> Text,
        retired_at -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    limit_value (id) {
        id -> BigInt,
        analyte_id -> BigInt,
        commodity_id -> BigInt,
        written -> Text,
        requirement -> Text,
        value -> Nullable<Text>,
        unit -> Text,
        basis -> Text,
        kind -> Text,
        excludes -> Text,
        standard -> Text,
        clause -> Text,
        effective_from -> Text,
        effective_to -> Nullable<Text>,
        temporary_since -> Nullable<Text>,
        source -> Text,
        checked_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    plan (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        kind -> Text,
        starts_on -> Text,
        ends_on -> Text,
        created_at -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    plan_item (id) {
        id -> BigInt,
        plan_id -> BigInt,
        commodity_id -> BigInt,
        place_id -> Nullable<BigInt>,
        method_id -> Nullable<BigInt>,
        quota -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    sample (id) {
        id -> BigInt,
        code -> Text,
        blind_code -> Text,
        year -> BigInt,
        accession -> BigInt,
        class -> Text,
        stage -> Text,
        commodity_id -> BigInt,
        commodity_written -> Text,
        producer_id -> Nullable<BigInt>,
        place_id -> Nullable<BigInt>,
        town -> Text,
        plan_item_id -> Nullable<BigInt>,
        sampled_at -> Text,
        form -> Text,
        state -> Text,
        version -> BigInt,
        registered_at -> Text,
        registered_by -> BigInt,
    }
}

diesel::table! {
    container (id) {
        id -> BigInt,
        sample_id -> BigInt,
        code -> Text,
        kind -> Text,
        parent_id -> Nullable<BigInt>,
        quantity -> Text,
        unit -> Text,
        seal -> Text,
        created_at -> Text,
    }
}

diesel::table! {
    custody_event (id) {
        id -> BigInt,
        container_id -> BigInt,
        n -> BigInt,
        kind -> Text,
        from_person -> Text,
        from_place_id -> Nullable<BigInt>,
        to_person -> Text,
        to_place_id -> Nullable<BigInt>,
        seal_state -> Text,
        condition -> Text,
        temperature -> Nullable<Text>,
        reason -> Nullable<Text>,
        at -> Text,
        by_id -> BigInt,
    }
}

diesel::table! {
    batch (id) {
        id -> BigInt,
        code -> Text,
        method_id -> BigInt,
        instrument_id -> Nullable<BigInt>,
        opened_at -> Text,
        opened_by -> Nullable<BigInt>,
        closed_at -> Nullable<Text>,
    }
}

diesel::table! {
    analysis (id) {
        id -> BigInt,
        sample_id -> BigInt,
        method_id -> BigInt,
        analyte_id -> BigInt,
        batch_id -> Nullable<BigInt>,
        unit -> Text,
        lod -> Nullable<Text>,
        loq -> Nullable<Text>,
        decimals -> BigInt,
        threshold -> Nullable<Text>,
        limit_snapshot -> Text,
        state -> Text,
        status -> Text,
        value -> Nullable<Text>,
        version -> BigInt,
        ordered_at -> Text,
        ordered_by -> BigInt,
    }
}

diesel::table! {
    analysis_event (id) {
        id -> BigInt,
        analysis_id -> BigInt,
        n -> BigInt,
        step -> Text,
        from_state -> Text,
        to_state -> Text,
        value -> Nullable<Text>,
        reason -> Nullable<Text>,
        by_id -> Nullable<BigInt>,
        at -> Text,
    }
}

diesel::table! {
    transmission (id) {
        id -> BigInt,
        instrument_id -> BigInt,
        epoch -> Text,
        seq -> BigInt,
        started_at -> Text,
        ended_at -> Text,
        state -> Text,
        fault -> Nullable<Text>,
        chunks -> Text,
        sha256 -> Text,
        bytes -> Binary,
        file_name -> Nullable<Text>,
        file_modified_at -> Nullable<Text>,
        corrects_id -> Nullable<BigInt>,
        driver -> Nullable<Text>,
        driver_revision -> Nullable<Text>,
    }
}

diesel::table! {
    reading (id) {
        id -> BigInt,
        transmission_id -> BigInt,
        instrument_id -> BigInt,
        n -> BigInt,
        wire_start -> BigInt,
        wire_end -> BigInt,
        sample_text -> Nullable<Text>,
        position -> Nullable<Text>,
        role -> Text,
        analyte_code -> Nullable<Text>,
        result -> Nullable<Text>,
        censored -> Nullable<Text>,
        unit -> Nullable<Text>,
        flags -> Text,
        measured_at -> Nullable<Text>,
        received_at -> Text,
        replicate -> Nullable<BigInt>,
        device_key -> Nullable<Text>,
        absorbance -> Nullable<Text>,
        recomputed -> Nullable<Text>,
        fate -> Text,
        held_for -> Nullable<Text>,
        analysis_id -> Nullable<BigInt>,
        sample_id -> Nullable<BigInt>,
        duplicate_of -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    reading_event (id) {
        id -> BigInt,
        reading_id -> BigInt,
        n -> BigInt,
        fate -> Text,
        held_for -> Nullable<Text>,
        analysis_id -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        by_id -> Nullable<BigInt>,
        at -> Text,
    }
}

diesel::table! {
    chromatogram (id) {
        id -> BigInt,
        transmission_id -> BigInt,
        n -> BigInt,
        sample_text -> Nullable<Text>,
        detector -> Nullable<Text>,
        channel -> Nullable<Text>,
        acquired_at -> Nullable<Text>,
        signal_unit -> Nullable<Text>,
        points -> BigInt,
        peaks -> Text,
        trace -> Text,
    }
}

diesel::table! {
    scan (id) {
        id -> BigInt,
        bench_id -> BigInt,
        code -> Text,
        sample_id -> BigInt,
        by_id -> BigInt,
        at -> Text,
    }
}

diesel::table! {
    weighing (id) {
        id -> BigInt,
        reading_id -> BigInt,
        scan_id -> Nullable<BigInt>,
        sample_id -> BigInt,
        mass -> Text,
        unit -> Text,
        at -> Text,
    }
}

diesel::table! {
    control_material (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        lot -> Text,
        method_id -> BigInt,
        analyte_id -> BigInt,
        unit -> Text,
        mean -> Text,
        s -> Text,
        valid_from -> Text,
        valid_to -> Nullable<Text>,
        retired_at -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    loading (id) {
        id -> BigInt,
        instrument_id -> BigInt,
        position -> Text,
        sample_id -> Nullable<BigInt>,
        material_id -> Nullable<BigInt>,
        placed_by -> BigInt,
        placed_at -> Text,
        cleared_at -> Nullable<Text>,
    }
}

diesel::table! {
    control_result (id) {
        id -> BigInt,
        material_id -> BigInt,
        batch_id -> Nullable<BigInt>,
        reading_id -> Nullable<BigInt>,
        value -> Text,
        at -> Text,
        by_id -> Nullable<BigInt>,
        outcome -> Text,
        rules -> Text,
        version -> BigInt,
        resolved_at -> Nullable<Text>,
        resolved_by -> Nullable<BigInt>,
        resolution -> Nullable<Text>,
    }
}

diesel::table! {
    publication (id) {
        id -> BigInt,
        public_id -> Text,
        version -> BigInt,
        sample_id -> BigInt,
        kind -> Text,
        notice -> Text,
        document -> Text,
        sha256 -> Text,
        reason -> Nullable<Text>,
        at -> Text,
        by_id -> BigInt,
    }
}

diesel::table! {
    agent (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        token_hash -> Text,
        enrolled_at -> Text,
        revoked_at -> Nullable<Text>,
    }
}

diesel::table! {
    agent_health (id) {
        id -> BigInt,
        agent_id -> BigInt,
        seen_at -> Text,
        beat -> Text,
    }
}

diesel::table! {
    profile (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        retired_at -> Nullable<Text>,
    }
}

diesel::table! {
    profile_revision (id) {
        id -> BigInt,
        profile_id -> BigInt,
        n -> BigInt,
        text -> Text,
        reason -> Text,
        by_id -> Nullable<BigInt>,
        at -> Text,
    }
}

diesel::table! {
    clock_seen (id) {
        id -> BigInt,
        instrument_id -> BigInt,
        transmission_id -> BigInt,
        shows -> Text,
        ahead_seconds -> BigInt,
        at -> Text,
    }
}

diesel::joinable!(profile_revision -> profile (profile_id));
diesel::joinable!(profile_revision -> person (by_id));
diesel::table! {
    dispatch (id) {
        id -> BigInt,
        instrument_id -> BigInt,
        kind -> Text,
        transmission_id -> Nullable<BigInt>,
        query -> Nullable<Binary>,
        sample_id -> Nullable<BigInt>,
        orders -> Text,
        state -> Text,
        attempts -> BigInt,
        fault -> Nullable<Text>,
        created_at -> Text,
        changed_at -> Text,
    }
}

diesel::joinable!(dispatch -> instrument (instrument_id));
diesel::joinable!(dispatch -> sample (sample_id));
diesel::joinable!(agent_health -> agent (agent_id));
diesel::joinable!(instrument -> agent (agent_id));
diesel::joinable!(person_role -> person (person_id));
diesel::joinable!(web_session -> person (person_id));
diesel::joinable!(instrument -> place (bench_id));
diesel::joinable!(method -> instrument (instrument_id));
diesel::joinable!(method_analyte -> method (method_id));
diesel::joinable!(method_analyte -> analyte (analyte_id));
diesel::joinable!(analyte_map -> instrument (instrument_id));
diesel::joinable!(analyte_map -> analyte (analyte_id));
diesel::joinable!(limit_value -> analyte (analyte_id));
diesel::joinable!(limit_value -> commodity (commodity_id));
diesel::joinable!(limit_value -> person (checked_by));
diesel::joinable!(plan_item -> plan (plan_id));
diesel::joinable!(plan_item -> commodity (commodity_id));
diesel::joinable!(plan_item -> place (place_id));
diesel::joinable!(plan_item -> method (method_id));
diesel::joinable!(sample -> commodity (commodity_id));
diesel::joinable!(sample -> producer (producer_id));
diesel::joinable!(sample -> place (place_id));
diesel::joinable!(sample -> plan_item (plan_item_id));
diesel::joinable!(sample -> person (registered_by));
diesel::joinable!(container -> sample (sample_id));
diesel::joinable!(custody_event -> container (container_id));
diesel::joinable!(custody_event -> person (by_id));
diesel::joinable!(batch -> method (method_id));
diesel::joinable!(batch -> instrument (instrument_id));
diesel::joinable!(batch -> person (opened_by));
diesel::joinable!(analysis -> sample (sample_id));
diesel::joinable!(analysis -> method (method_id));
diesel::joinable!(analysis -> analyte (analyte_id));
diesel::joinable!(analysis -> batch (batch_id));
diesel::joinable!(analysis -> person (ordered_by));
diesel::joinable!(analysis_event -> analysis (analysis_id));
diesel::joinable!(analysis_event -> person (by_id));
diesel::joinable!(transmission -> instrument (instrument_id));
diesel::joinable!(reading -> transmission (transmission_id));
diesel::joinable!(reading -> instrument (instrument_id));
diesel::joinable!(reading -> analysis (analysis_id));
diesel::joinable!(reading -> sample (sample_id));
diesel::joinable!(reading_event -> reading (reading_id));
diesel::joinable!(reading_event -> analysis (analysis_id));
diesel::joinable!(reading_event -> person (by_id));
diesel::joinable!(chromatogram -> transmission (transmission_id));
diesel::joinable!(scan -> place (bench_id));
diesel::joinable!(scan -> sample (sample_id));
diesel::joinable!(scan -> person (by_id));
diesel::joinable!(weighing -> reading (reading_id));
diesel::joinable!(weighing -> scan (scan_id));
diesel::joinable!(weighing -> sample (sample_id));
diesel::joinable!(control_material -> method (method_id));
diesel::joinable!(control_material -> analyte (analyte_id));
diesel::joinable!(loading -> instrument (instrument_id));
diesel::joinable!(loading -> sample (sample_id));
diesel::joinable!(loading -> control_material (material_id));
diesel::joinable!(loading -> person (placed_by));
diesel::joinable!(control_result -> control_material (material_id));
diesel::joinable!(control_result -> batch (batch_id));
diesel::joinable!(control_result -> reading (reading_id));
diesel::joinable!(publication -> sample (sample_id));
diesel::joinable!(publication -> person (by_id));

diesel::allow_tables_to_appear_in_same_query!(
    agent,
    agent_health,
    dispatch,
    clock_seen,
    profile,
    profile_revision,
    laboratory,
    person,
    person_role,
    web_session,
    setup_link,
    place,
    producer,
    commodity,
    analyte,
    instrument,
    method,
    method_analyte,
    analyte_map,
    limit_value,
    plan,
    plan_item,
    sample,
    container,
    custody_event,
    batch,
    analysis,
    analysis_event,
    transmission,
    reading,
    reading_event,
    chromatogram,
    scan,
    weighing,
    control_material,
    loading,
    control_result,
    publication,
);

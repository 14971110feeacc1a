// @generated automatically by Diesel CLI.

diesel::table! {
    absences (district, person, id) {
        district -> Text,
        person -> Text,
        id -> Text,
        first_day -> Date,
        last_day -> Date,
        window_start -> Nullable<Integer>,
        window_end -> Nullable<Integer>,
        reason -> Text,
        sealed -> Nullable<Binary>,
        created_by -> Text,
        created_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    account_notices (district, person, id) {
        district -> Text,
        person -> Text,
        id -> Text,
        kind -> Text,
        device -> Text,
        created_at -> Timestamp,
        acknowledged_at -> Nullable<Timestamp>,
        task -> Nullable<Text>,
        about_zh -> Nullable<Text>,
        about_en -> Nullable<Text>,
    }
}

diesel::table! {
    archived_assignees (district, task, person) {
        district -> Text,
        task -> Text,
        person -> Text,
    }
}

diesel::table! {
    area_successors (district, code, successor) {
        district -> Text,
        code -> Text,
        successor -> Text,
        since -> Date,
    }
}

diesel::table! {
    areas (district, code) {
        district -> Text,
        code -> Text,
        level -> Text,
        parent -> Nullable<Text>,
        name -> Text,
        lat -> Double,
        lon -> Double,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        version -> BigInt,
    }
}

diesel::table! {
    attachments (district, id) {
        district -> Text,
        id -> Text,
        task -> Nullable<Text>,
        person -> Text,
        media_type -> Text,
        length -> BigInt,
        received -> BigInt,
        sha256 -> Text,
        complete -> Bool,
        created_at -> Timestamp,
        fence -> BigInt,
        upload -> Text,
        case_id -> Nullable<Text>,
        document -> Nullable<Text>,
    }
}

diesel::table! {
    audiences (district, id) {
        district -> Text,
        id -> Text,
        area -> Text,
        name -> Text,
        filter -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    availability_exceptions (district, person, day) {
        district -> Text,
        person -> Text,
        day -> Date,
        window_start -> Nullable<Integer>,
        window_end -> Nullable<Integer>,
    }
}

diesel::table! {
    beneficiaries (district, id) {
        district -> Text,
        id -> Text,
        grid -> Text,
        categories -> Text,
        gender -> Text,
        birth_year -> Integer,
        lat -> Double,
        lon -> Double,
        lives_alone -> Bool,
        mobility -> Text,
        contact -> Text,
        plaque -> Text,
        last_contact -> Nullable<Date>,
        last_visitor -> Nullable<Text>,
        id_index -> Binary,
        sealed -> Binary,
        version -> BigInt,
        valid_to -> Nullable<Date>,
        ended_because -> Nullable<Text>,
        successor -> Nullable<Text>,
        stay_grid -> Nullable<Text>,
        stay_from -> Nullable<Date>,
        stay_to -> Nullable<Date>,
        last_visit -> Nullable<Date>,
        tags -> Text,
        household -> Nullable<Text>,
    }
}

diesel::table! {
    beneficiary_answers (district, beneficiary, kind, field, word) {
        district -> Text,
        beneficiary -> Text,
        kind -> Text,
        field -> Text,
        word -> Text,
    }
}

diesel::table! {
    beneficiary_ends (district, id) {
        district -> Text,
        id -> Text,
        ended_at -> Timestamp,
        effects -> Text,
        visits_open -> Bool,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    borders (district) {
        district -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    campaign_templates (district, code) {
        district -> Text,
        code -> Text,
        version -> BigInt,
        content -> Text,
    }
}

diesel::table! {
    campaigns (district, id) {
        district -> Text,
        id -> Text,
        area -> Text,
        state -> Text,
        name -> Text,
        name_en -> Text,
        occasion -> Text,
        year -> Integer,
        audience -> Nullable<Text>,
        audience_version -> Nullable<BigInt>,
        filter -> Text,
        kind -> Nullable<Text>,
        first_day -> Date,
        last_day -> Date,
        quota_per_day -> Nullable<Integer>,
        words -> Nullable<Binary>,
        created_by -> Text,
        created_at -> Timestamp,
        edited_by -> Text,
        approved_by -> Nullable<Text>,
        approved_at -> Nullable<Timestamp>,
        launched_by -> Nullable<Text>,
        launched_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
        reached -> Nullable<Text>,
        created_tasks -> BigInt,
        existing_tasks -> BigInt,
        version -> BigInt,
        items -> Text,
        planned_handouts -> BigInt,
        reminded_on -> Nullable<Date>,
        authors -> Text,
        approved_plan -> Nullable<Text>,
    }
}

diesel::table! {
    case_entries (district, case_id, number) {
        district -> Text,
        case_id -> Text,
        number -> Integer,
        action -> Text,
        at -> Timestamp,
        person -> Nullable<Text>,
        from_step -> Nullable<Text>,
        to_step -> Text,
        taken -> Nullable<Text>,
        waits_for -> Nullable<Text>,
        sealed -> Binary,
    }
}

diesel::table! {
    case_kind_versions (district, code, version) {
        district -> Text,
        code -> Text,
        version -> BigInt,
        content -> Text,
        replaced_at -> Timestamp,
    }
}

diesel::table! {
    case_kinds (district, code) {
        district -> Text,
        code -> Text,
        version -> BigInt,
        content -> Text,
    }
}

diesel::table! {
    cases (district, id) {
        district -> Text,
        id -> Text,
        kind -> Text,
        kind_version -> BigInt,
        class -> Nullable<Text>,
        beneficiary -> Nullable<Text>,
        area -> Nullable<Text>,
        source -> Text,
        report -> Nullable<Text>,
        urgent -> Bool,
        opened_by -> Text,
        opened_at -> Timestamp,
        step -> Text,
        waits_for -> Nullable<Text>,
        begun_at -> Timestamp,
        asked_by -> Nullable<Text>,
        due_on -> Nullable<Date>,
        escalates_on -> Nullable<Date>,
        task -> Nullable<Text>,
        result -> Nullable<Text>,
        sealed -> Binary,
        version -> BigInt,
        station -> Nullable<Text>,
        carried_out_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    code_attempts (district, phone_index, origin) {
        district -> Text,
        phone_index -> Binary,
        origin -> Binary,
        since -> Timestamp,
        tries -> Integer,
    }
}

diesel::table! {
    code_requests (district, phone_index, at) {
        district -> Text,
        phone_index -> Binary,
        at -> Timestamp,
        sent -> Bool,
    }
}

diesel::table! {
    commands (district, person, id) {
        district -> Text,
        person -> Text,
        id -> Text,
        action -> Text,
        request_hash -> Binary,
        sealed_request -> Binary,
        sealed_answer -> Binary,
        created_at -> Timestamp,
        pending_task -> Nullable<Text>,
    }
}

diesel::table! {
    corrections (district, id) {
        district -> Text,
        id -> Text,
        beneficiary -> Text,
        proposed_by -> Text,
        created_at -> Timestamp,
        fields -> Text,
        state -> Text,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        sealed -> Binary,
        version -> BigInt,
    }
}

diesel::table! {
    credentials (district, person) {
        district -> Text,
        person -> Text,
        password_hash -> Text,
        changed_at -> Timestamp,
        one_time_until -> Nullable<Timestamp>,
        before_enrolment -> Bool,
    }
}

diesel::table! {
    daily_counts (district, person) {
        district -> Text,
        person -> Text,
        day -> Date,
        answers -> Integer,
        reports -> Integer,
        attachments -> Integer,
        version -> BigInt,
    }
}

diesel::table! {
    demo_districts (district) {
        district -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    device_keys (district, person, key_hash) {
        district -> Text,
        person -> Text,
        key_hash -> Binary,
        device -> Text,
        enrolled_at -> Timestamp,
    }
}

diesel::table! {
    district_heads (district) {
        district -> Text,
        seq -> BigInt,
        hash -> Binary,
        archived_seq -> BigInt,
        archived_hash -> Binary,
        epoch -> Text,
    }
}

diesel::table! {
    districts (district) {
        district -> Text,
        sealed_key -> Binary,
        created_at -> Timestamp,
    }
}

diesel::table! {
    events (district, seq) {
        district -> Text,
        seq -> BigInt,
        at -> Timestamp,
        actor -> Nullable<Text>,
        device -> Nullable<Text>,
        action -> Text,
        subject -> Text,
        subject_id -> Text,
        area -> Text,
        area_before -> Nullable<Text>,
        person -> Nullable<Text>,
        person_before -> Nullable<Text>,
        version -> BigInt,
        body -> Text,
        prev_hash -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    feedback (district, id) {
        district -> Text,
        id -> Text,
        person -> Nullable<Text>,
        created_at -> Timestamp,
        answered_by -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        sealed -> Binary,
        version -> BigInt,
        key -> Nullable<Text>,
    }
}

diesel::table! {
    freed_tasks (district, task) {
        district -> Text,
        task -> Text,
        freed_at -> Timestamp,
        from_day -> Nullable<Date>,
        plan -> Nullable<Text>,
        tries -> Integer,
        goes_on -> Bool,
    }
}

diesel::table! {
    goods_items (district, code) {
        district -> Text,
        code -> Text,
        name -> Text,
        name_en -> Text,
        unit -> Text,
        has_serial -> Bool,
        once -> Bool,
        needs_receipt -> Bool,
        active -> Bool,
        version -> BigInt,
        plaque -> Nullable<Text>,
        keep_years -> Nullable<Integer>,
    }
}

diesel::table! {
    goods_movements (district, id) {
        district -> Text,
        id -> Text,
        action -> Text,
        item -> Text,
        area -> Text,
        to_area -> Nullable<Text>,
        quantity -> Integer,
        difference -> Integer,
        handout -> Nullable<Text>,
        person -> Text,
        at -> Timestamp,
        sealed -> Nullable<Binary>,
        lot -> Nullable<Text>,
        lot_difference -> Nullable<Integer>,
        expires_on -> Nullable<Date>,
    }
}

diesel::table! {
    goods_stocks (district, area, item) {
        district -> Text,
        area -> Text,
        item -> Text,
        quantity -> Integer,
        version -> BigInt,
    }
}

diesel::table! {
    handouts (district, id) {
        district -> Text,
        id -> Text,
        beneficiary -> Text,
        item -> Text,
        occasion -> Text,
        campaign -> Nullable<Text>,
        state -> Text,
        grid -> Text,
        station -> Text,
        quantity -> Integer,
        serial -> Nullable<Text>,
        reason -> Nullable<Text>,
        person -> Nullable<Text>,
        at -> Nullable<Timestamp>,
        sealed -> Nullable<Binary>,
        version -> BigInt,
    }
}

diesel::table! {
    holidays (district, date, code) {
        district -> Text,
        date -> Date,
        code -> Text,
        name -> Text,
        calendar -> Text,
        lunar_date -> Text,
        version -> BigInt,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    import_faults (district, import_id, number) {
        district -> Text,
        import_id -> Text,
        number -> BigInt,
        fault -> Text,
    }
}

diesel::table! {
    import_headings (district, file, heading) {
        district -> Text,
        file -> Text,
        heading -> Text,
        column_name -> Text,
    }
}

diesel::table! {
    imports (district, id) {
        district -> Text,
        id -> Text,
        mode -> Text,
        state -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        files -> Text,
        result -> Nullable<Text>,
    }
}

diesel::table! {
    invitations (district, person, purpose) {
        district -> Text,
        person -> Text,
        purpose -> Text,
        code_hash -> Binary,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    job_runs (district, job) {
        district -> Text,
        job -> Text,
        started_at -> Timestamp,
        finished_at -> Timestamp,
        outcome -> Text,
        processed -> BigInt,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    memorials (district, id) {
        district -> Text,
        id -> Text,
        name -> Text,
        kind -> Text,
        grid -> Text,
        lat -> Double,
        lon -> Double,
        version -> BigInt,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    notice_readers (district, person, notice) {
        district -> Text,
        notice -> Text,
        person -> Text,
        read_at -> Timestamp,
    }
}

diesel::table! {
    notices (district, id) {
        district -> Text,
        id -> Text,
        area -> Text,
        title -> Text,
        text -> Text,
        until -> Date,
        created_by -> Text,
        created_at -> Timestamp,
        version -> BigInt,
        audience -> Text,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    off_duty (district, person) {
        district -> Text,
        person -> Text,
    }
}

diesel::table! {
    outlines (district, grid) {
        district -> Text,
        grid -> Text,
        ring -> Text,
    }
}

diesel::table! {
    people (district, id) {
        district -> Text,
        id -> Text,
        role -> Text,
        area -> Text,
        gender -> Text,
        birth_year -> Integer,
        lat -> Double,
        lon -> Double,
        skills -> Text,
        weekly_minutes -> Integer,
        availability -> Text,
        phone_index -> Binary,
        sealed -> Binary,
        version -> BigInt,
        tokens_not_before -> Nullable<Timestamp>,
        state -> Text,
        languages -> Text,
    }
}

diesel::table! {
    plan_visits (district, plan, task) {
        district -> Text,
        plan -> Text,
        task -> Text,
        grid -> Text,
        person -> Nullable<Text>,
        day -> Nullable<Date>,
        start -> Nullable<Integer>,
        travel -> Nullable<Integer>,
        reason -> Text,
        task_version -> Nullable<BigInt>,
        minutes -> Nullable<Integer>,
        person_grid -> Nullable<Text>,
        left_because -> Nullable<Text>,
        former_unserved -> Nullable<Text>,
        former_plan -> Nullable<Text>,
    }
}

diesel::table! {
    planning_settings (district) {
        district -> Text,
        settings -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    plans (district, id) {
        district -> Text,
        id -> Text,
        area -> Text,
        first_day -> Date,
        last_day -> Date,
        seed -> BigInt,
        measures -> Text,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
        state -> Text,
        state_at -> Nullable<Timestamp>,
        request -> Nullable<Text>,
        progress -> Integer,
        attempts -> Integer,
        lease -> Nullable<Text>,
        lease_until -> Nullable<Timestamp>,
        origin -> Text,
        is_applied_at_once -> Bool,
        night -> Nullable<Date>,
        changed_by -> Nullable<Text>,
        reached -> Nullable<Text>,
        campaign -> Nullable<Text>,
        lane -> Text,
        whole_area -> Nullable<Text>,
    }
}

diesel::table! {
    proposals (district, id) {
        district -> Text,
        id -> Text,
        subject -> Text,
        task -> Nullable<Text>,
        beneficiary -> Nullable<Text>,
        proposed_by -> Text,
        created_at -> Timestamp,
        day -> Nullable<Date>,
        start -> Nullable<Integer>,
        kind -> Nullable<Text>,
        due_on -> Nullable<Date>,
        state -> Text,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        created_task -> Nullable<Text>,
        sealed -> Binary,
        version -> BigInt,
        created_case -> Nullable<Text>,
    }
}

diesel::table! {
    regime_members (district, regime, beneficiary) {
        district -> Text,
        regime -> Text,
        beneficiary -> Text,
        grid -> Text,
        phase -> Integer,
        slot -> Nullable<Date>,
        task -> Nullable<Text>,
        version -> BigInt,
        occasions -> Text,
    }
}

diesel::table! {
    regimes (district, id) {
        district -> Text,
        id -> Text,
        area -> Text,
        name -> Text,
        name_en -> Text,
        filter -> Text,
        kind -> Text,
        cadence_days -> Integer,
        lead_days -> Integer,
        starts_on -> Date,
        responsible -> Nullable<Text>,
        active -> Bool,
        created_by -> Text,
        created_at -> Timestamp,
        ran_on -> Nullable<Date>,
        version -> BigInt,
        edited_by -> Nullable<Text>,
        activated_by -> Nullable<Text>,
        cadence -> Text,
        subject -> Text,
        feast -> Nullable<Text>,
        authors -> Text,
        assign_responsible -> Bool,
        satisfied_by -> Text,
        needs -> Text,
    }
}

diesel::table! {
    report_versions (district, report, version) {
        district -> Text,
        report -> Text,
        version -> BigInt,
        written_at -> Timestamp,
        sealed -> Binary,
    }
}

diesel::table! {
    reports (district, id) {
        district -> Text,
        id -> Text,
        task -> Text,
        person -> Text,
        outcome -> Text,
        sealed -> Binary,
        created_at -> Timestamp,
        attempt -> Integer,
        recorded -> Bool,
        flags -> Text,
        grid -> Text,
        kind -> Text,
        beneficiary -> Nullable<Text>,
        received_on -> Date,
        written_by -> Nullable<Text>,
        version -> BigInt,
        amended_at -> Nullable<Timestamp>,
        made_on -> Nullable<Date>,
    }
}

diesel::table! {
    reveal_allowances (district, person) {
        district -> Text,
        person -> Text,
        day -> Date,
        reveals -> Integer,
    }
}

diesel::table! {
    reveal_counts (district, person) {
        district -> Text,
        person -> Text,
        day -> Date,
        reveals -> Integer,
    }
}

diesel::table! {
    secondments (district, id) {
        district -> Text,
        id -> Text,
        person -> Text,
        home -> Text,
        area -> Text,
        first_day -> Date,
        last_day -> Date,
        state -> Text,
        requested_by -> Text,
        requested_at -> Timestamp,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    service_kind_versions (district, code, version) {
        district -> Text,
        code -> Text,
        version -> BigInt,
        kind -> Text,
        replaced_at -> Timestamp,
    }
}

diesel::table! {
    service_kinds (district, code) {
        district -> Text,
        code -> Text,
        name -> Text,
        minutes -> Integer,
        priority -> Integer,
        skills -> Text,
        due_days -> Integer,
        attempts -> Integer,
        retry_days -> Integer,
        overdue -> Text,
        escalate_days -> Integer,
        form -> Nullable<Text>,
        follow_ups -> Text,
        version -> BigInt,
        name_en -> Text,
        active -> Bool,
        channel -> Text,
        opens -> Text,
    }
}

diesel::table! {
    sessions (district, id) {
        district -> Text,
        id -> Text,
        person -> Text,
        device -> Text,
        kind -> Text,
        methods -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        generation -> BigInt,
        issued_at -> Timestamp,
        used_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        end_reason -> Nullable<Text>,
        version -> BigInt,
        key_hash -> Nullable<Binary>,
        authenticated_at -> Nullable<Timestamp>,
        synced_epoch -> Nullable<Text>,
        synced_seq -> Nullable<BigInt>,
        clock_behind_min -> Nullable<Integer>,
        sync_error -> Nullable<Text>,
        sync_error_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        sealed -> Binary,
        created_at -> Timestamp,
    }
}

diesel::table! {
    stations (district, id) {
        district -> Text,
        id -> Text,
        area -> Text,
        name -> Text,
        grid -> Text,
        lat -> Double,
        lon -> Double,
        phone -> Text,
        hours -> Text,
        version -> BigInt,
        valid_to -> Nullable<Date>,
        lawyer -> Nullable<Binary>,
    }
}

diesel::table! {
    task_bulks (district, id) {
        district -> Text,
        id -> Text,
        person -> Text,
        created_at -> Timestamp,
        undone_at -> Nullable<Timestamp>,
        sealed -> Binary,
    }
}

diesel::table! {
    task_occasions (district, beneficiary, kind, occasion) {
        district -> Text,
        beneficiary -> Text,
        kind -> Text,
        occasion -> Text,
        task -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    task_refusals (district, task, person) {
        district -> Text,
        task -> Text,
        person -> Text,
        refused_at -> Timestamp,
    }
}

diesel::table! {
    tasks (district, id) {
        district -> Text,
        id -> Text,
        grid -> Text,
        kind -> Text,
        beneficiary -> Nullable<Text>,
        lat -> Double,
        lon -> Double,
        minutes -> Integer,
        priority -> Integer,
        skills -> Text,
        not_before -> Date,
        due_on -> Date,
        window_start -> Nullable<Integer>,
        window_end -> Nullable<Integer>,
        state -> Text,
        assignee -> Nullable<Text>,
        planned_on -> Nullable<Date>,
        planned_start -> Nullable<Integer>,
        planned_minutes -> Nullable<Integer>,
        plan -> Nullable<Text>,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        attempt -> Integer,
        attempts -> Integer,
        retry_days -> Integer,
        overdue -> Text,
        escalate_days -> Integer,
        escalation_level -> Text,
        next_action_on -> Nullable<Date>,
        archived -> Bool,
        kind_version -> BigInt,
        origin -> Nullable<Text>,
        origin_id -> Nullable<Text>,
        origin_person -> Nullable<Text>,
        title -> Nullable<Text>,
        words -> Nullable<Binary>,
        occasion -> Nullable<Text>,
        planned_why -> Nullable<Text>,
        planned_travel -> Nullable<Integer>,
        planned_order -> Nullable<Integer>,
        tie -> Nullable<Text>,
        tie_id -> Nullable<Text>,
        unserved_why -> Nullable<Text>,
    }
}

diesel::table! {
    totp_secrets (district, person) {
        district -> Text,
        person -> Text,
        sealed -> Nullable<Binary>,
        pending -> Nullable<Binary>,
        last_step -> BigInt,
        failures -> Integer,
        failed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    visitor_choices (district, beneficiary, person) {
        district -> Text,
        beneficiary -> Text,
        person -> Text,
        is_preferred -> Bool,
    }
}

diesel::table! {
    vocabularies (district, name) {
        district -> Text,
        name -> Text,
        words -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    work_calendars (district, year) {
        district -> Text,
        year -> Integer,
        days -> Text,
        version -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    absences,
    account_notices,
    archived_assignees,
    area_successors,
    areas,
    attachments,
    audiences,
    availability_exceptions,
    beneficiaries,
    beneficiary_answers,
    beneficiary_ends,
    borders,
    campaign_templates,
    campaigns,
    case_entries,
    case_kind_versions,
    case_kinds,
    cases,
    code_attempts,
    code_requests,
    commands,
    corrections,
    credentials,
    daily_counts,
    demo_districts,
    device_keys,
    district_heads,
    districts,
    events,
    feedback,
    freed_tasks,
    goods_items,
    goods_movements,
    goods_stocks,
    handouts,
    holidays,
    import_faults,
    import_headings,
    imports,
    invitations,
    job_runs,
    memorials,
    notice_readers,
    notices,
    off_duty,
    outlines,
    people,
    plan_visits,
    planning_settings,
    plans,
    proposals,
    regime_members,
    regimes,
    report_versions,
    reports,
    reveal_allowances,
    reveal_counts,
    secondments,
    service_kind_versions,
    service_kinds,
    sessions,
    signing_keys,
    stations,
    task_bulks,
    task_occasions,
    task_refusals,
    tasks,
    totp_secrets,
    visitor_choices,
    vocabularies,
    work_calendars,
);

"""From files as delivered to accepted rows: recognise, check, refuse or quarantine, pseudonymise."""

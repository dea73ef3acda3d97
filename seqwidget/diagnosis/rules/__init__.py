"""Why a layer does not fit: one rule for each kind of mistake, which checks that the mistake is really there."""

"""How a TargetSpec is launched: TargetSpec -> LaunchPlan. Starts nothing itself."""

"""What we ask and conclude: the questionnaire, the engine, publishing and the check itself."""

"""Survey files in: any accepted format -> one ``SurveyPlan`` (``reader.read_survey``). No Django here."""

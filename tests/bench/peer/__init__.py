"""The same check done the conventional way: content in tables, a wizard, sessions in the database, a query that ranks.

For comparison only (python3 run.py bench). It asks the same questions with the same gates, keeps the answers in
Django's database session through django-formtools, weighs findings with the same weights in SQL, judges the same
warning signs, and shows the same list of reasons. It does less: no carer's wording, no urgency by match, no choice of
the next page (it asks the pages that the check of the comparison asks, in that order).
"""

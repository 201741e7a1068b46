-- A batch asks for the analyses of its samples thousands of times. The index that keeps an analysis from being ordered
-- twice leaves out the cancelled ones, and no such question can be answered from it.

CREATE INDEX analysis_by_sample ON analysis (sample_id, analyte_id);

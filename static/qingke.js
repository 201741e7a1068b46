// Qingke

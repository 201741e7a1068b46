# 登录
login-title = 登录
login-username = 用户名
login-password = 密码
login-do = 登录
login-forgotten = 忘记密码？请联系本实验室的系统管理员重新设置。
error-login = 用户名或密码不正确。

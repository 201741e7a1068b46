# 通用：框架、导航、表单、时间、列表
product = 青稞检测
portal-name = 农产品检测公示
portal-foot = 检测结果仅对所检样品负责。
language-name = 中文
language-label = 语言
skip-to-content = 跳到正文
close = 关闭
undo = 撤销
cancel = 取消
back = 返回
save = 保存
sign-out = 退出登录

nav-label = 主导航
nav-today = 今日
nav-samples = 样品
nav-bench = 检测台
nav-instruments = 仪器
nav-review = 审核
nav-qc = 质控
nav-publications = 公示
nav-admin = 设置

search-placeholder = 扫码或搜索  /
search-label = 扫码或搜索样品、容器、仪器

role-sampler = 抽样员
role-sample-keeper = 样品管理员
role-technician = 检测员
role-reviewer = 审核员
role-approver = 授权签字人
role-quality-manager = 质量负责人
role-administrator = 系统管理员

keys-title = 快捷键
keys-search = 搜索
keys-move = 下一行、上一行
keys-open = 打开选中的一行
keys-approve = 通过
keys-reject = 退回
keys-list = 显示本列表
keys-scan = 在任何页面扫描条码或二维码，都会打开对应的样品、容器或仪器。

live-lost = 实时更新已中断，正在重新连接。

form-optional = 选填
form-choose = 请选择
form-errors = 有 { $n } 处需要更正：
error-field-required = 此项必填。
error-field-number = “{ $found }”不是数字，请填写如 12.5 的数值。
error-field-whole = “{ $found }”不是整数。
error-field-date = “{ $found }”不是日期，请按 2026-11-24 的格式填写。
error-field-time = “{ $found }”不是时间，请按 2026-11-24 14:05 的格式填写。
error-field-choice = “{ $found }”不在可选范围内，请重新选择。
signature-password = 登录密码（用于签名）
error-signature = 密码不正确，未签名。请重新输入登录密码。

time-just-now = 刚刚
time-seconds-ago = { $n } 秒前
time-minutes-ago = { $n } 分钟前
time-hours-ago = { $n } 小时前
time-days-ago = { $n } 天前

crumb-label = 当前位置
pages-label = 分页
pages-previous = 上一页
pages-next = 下一页
pages-here = 第 { $page } 页，共 { $last } 页

today-greeting = { $name }，您好

# What a person who writes of danger is told at once. It must never promise that help is on its way.
danger-call = 这里不是紧急求助热线。如果有人可能受伤，请立即拨打 { $numbers }。
danger-advice-gas = 如果闻到煤气味：请离开建筑物，不要触碰任何开关，到室外再打电话。
danger-advice-downed-wire = 请远离电线以及它碰到的任何东西。
danger-advice-suicide = 您不必独自承受：这个号码日夜都有人接听。
danger-kept = 您的消息已保存，并已向我们的工作人员标为紧急。
